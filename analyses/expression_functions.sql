{{ make_expressions() if target.type == 'postgres' }}
