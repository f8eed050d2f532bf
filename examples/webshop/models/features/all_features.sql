{{ joined_features(['customer_features', 'members_features', 'visits_features']) }}
