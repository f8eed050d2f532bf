-- Roles and rights of one database. For a superuser, or whoever owns the database and may create roles; can be repeated.
--
-- ready_loader   adds to raw
-- ready_builder  reads raw, owns stg and feats, works in meta; dbt runs as it
-- ready_reader   reads feats and meta
-- ready_checker  sees only the scratch schemas of `ready check-leakage`, which it owns; what is built as it can look at nothing else
-- ready_owner    owns the history in meta, and nobody logs in as it: what the builder has recorded it cannot take back

do $roles$
declare
    name text;
begin
    foreach name in array array['ready_owner', 'ready_loader', 'ready_builder', 'ready_reader', 'ready_checker'] loop
        begin
            if to_regrole(name) is null then
                execute format('create role %I', name);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- made at the same moment, in another database of the server
        end;
        if not pg_has_role(current_user, name, 'set') then
            execute format('grant %I to %I', name, current_user);
        end if;
    end loop;
    if not pg_has_role('ready_owner', 'ready_builder', 'usage') then
        grant ready_builder to ready_owner;
    end if;
    -- What the checker has made the builder compares and sweeps away.
    if not pg_has_role('ready_builder', 'ready_checker', 'usage') then
        grant ready_checker to ready_builder;
    end if;
    execute format('grant create, temporary on database %I to ready_builder, ready_checker', current_database());
    execute format('grant connect on database %I to ready_loader, ready_builder, ready_reader, ready_checker', current_database());
end $roles$;

-- Of the ledger the loader may change what superseding and renaming change; a trigger (loader/schema.py) sees to how.
grant usage on schema raw to ready_loader, ready_builder;
grant insert on raw.raw_events, raw.rejected_rows to ready_loader;
grant select, insert, update (status, superseded_by, superseded_at, file_name) on raw.loads to ready_loader;
grant select, insert, update on raw.file_locks to ready_loader;
grant usage on sequence raw.loads_load_id_seq to ready_loader;
-- It counts orders, and shows none.
grant execute on function raw.orders_gone(text, bigint, bigint, text[], text[], boolean) to ready_loader;
grant select on raw.loads, raw.raw_events, raw.rejected_rows, raw.schema_version to ready_builder;
grant select on raw.schema_version to ready_loader;

create schema if not exists stg;
create schema if not exists feats;
create schema if not exists meta;
alter schema stg owner to ready_builder;
alter schema feats owner to ready_builder;
alter schema meta owner to ready_owner;
grant usage, create on schema meta to ready_builder;
grant usage on schema feats, meta to ready_reader;
-- Of no table there: a model that reaches for one is named in the message by the table's name, and not by the schema's alone.
grant usage on schema raw, stg, feats, meta to ready_checker;

-- A table that a build makes again is readable from its first moment, also where dbt runs as the connecting user.
alter default privileges for role ready_builder in schema feats grant select on tables to ready_reader;
alter default privileges for role ready_builder in schema meta grant select on tables to ready_reader;
alter default privileges in schema feats grant select on tables to ready_reader;
alter default privileges in schema meta grant select on tables to ready_reader;
grant select on all tables in schema feats, meta to ready_reader;
-- The features of one customer at an instant: macros/publish/features_function.sql.
alter default privileges for role ready_builder in schema feats grant execute on functions to ready_reader;
alter default privileges in schema feats grant execute on functions to ready_reader;
grant execute on all functions in schema feats to ready_reader;

-- Without pg_temp at its end a search_path has temporary types and tables before the server's own.

-- Whether a table, and all that belongs to it (columns, defaults, constraints, indexes, triggers, rules, policies,
-- statistics), refers to nothing but itself and to what came with the server: then it runs no code but the server's own.
create or replace function meta.runs_no_code(of_table oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with recursive parts (classid, objid) as (
        select 'pg_class'::regclass::oid, of_table
        union
        select depends.classid, depends.objid
        from pg_depend as depends
        join parts on depends.refclassid = parts.classid and depends.refobjid = parts.objid
        where depends.deptype in ('a', 'i', 'P', 'S')
    )
    select not exists (
        select from pg_depend as depends
        join parts using (classid, objid)
        where not exists (
            select from parts as own where own.classid = depends.refclassid and own.objid = depends.refobjid
        )
            and depends.refclassid <> 'pg_namespace'::regclass
            -- Which refuses whatever it is asked.
            and (depends.refclassid, depends.refobjid)
                <> ('pg_proc'::regclass::oid, 'raw.refuse_change()'::regprocedure::oid)
    )
$function$;

-- The history changes hands once it is made: macros/meta/protect_history.sql calls this. Of the tables that the builder
-- owns it takes those of the history, and only such that give the builder no way to run code as the owner, or to
-- change rows by another one's right.
create or replace function meta.hand_over_history(history_schema text, history text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $function$
declare
    item record;
    granted record;
begin
    if history_schema !~ 'meta$' then
        raise exception 'schema % holds no history', history_schema using errcode = 'insufficient_privilege';
    end if;
    for item in
        select c.oid, format('%I.%I', history_schema, c.relname) as name
        from pg_class as c
        where c.relnamespace = to_regnamespace(quote_ident(history_schema)) and c.relname = any(history)
            and c.relname in (
                'feature_registry', 'dataset_split_summary', 'dataset_label_summary', 'feature_profiles', 'model_sql',
                'validation_results', 'dataset_splits', 'dataset_builds'
            )
            and c.relowner = 'ready_builder'::regrole and c.relkind = 'r'
    loop
        -- From here on nobody changes what is looked at.
        execute format('lock table only %s in access exclusive mode', item.name);
        continue when not exists (
            select from pg_class as c
            where c.oid = item.oid and c.oid = to_regclass(item.name)
                and c.relowner = 'ready_builder'::regrole and c.relkind = 'r' and c.relpersistence = 'p'
                and not c.relhasrules and not c.relrowsecurity and not c.relhassubclass and not c.relispartition
                and not exists (select from pg_attribute where attrelid = c.oid and attacl is not null)
                and not exists (select from pg_constraint where confrelid = c.oid)
                and meta.runs_no_code(c.oid)
        );
        execute format('alter table only %s owner to ready_owner', item.name);
        for granted in
            select case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end as name, privilege_type
            from pg_class as c, aclexplode(c.relacl) as acl
            where c.oid = item.oid and acl.privilege_type <> 'SELECT' and acl.grantee <> c.relowner
        loop
            execute format('revoke %s on %s from %s cascade', granted.privilege_type, item.name, granted.name);
        end loop;
        execute format('grant select, insert on %s to ready_builder', item.name);
    end loop;
    if exists (
        select from pg_namespace where nspname = history_schema and nspowner = 'ready_builder'::regrole
    ) then
        execute format('alter schema %I owner to ready_owner', history_schema);
        execute format('grant usage, create on schema %I to ready_builder', history_schema);
    end if;
end $function$;

-- The one way in which split rows go: the membership of a version's earlier build, once this transaction has written
-- and recorded the one that takes its place.
create or replace function meta.retire_dataset_splits(history_schema text, of_set text, of_version integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $function$
declare
    splits regclass := to_regclass(format('%I.dataset_splits', history_schema));
    registry regclass := to_regclass(format('%I.feature_registry', history_schema));
    summary regclass := to_regclass(format('%I.dataset_split_summary', history_schema));
    now_written text := format('feature_set = %L and feature_version = %L and xmin = pg_current_xact_id()::xid',
        of_set, of_version);
    replaced boolean;
begin
    if (
        select count(*) from pg_class
        where oid in (splits, registry, summary) and relkind = 'r' and relowner = 'ready_owner'::regrole
    ) < 3 then
        raise exception 'the history in % is not kept by ready_owner', history_schema
            using errcode = 'insufficient_privilege';
    end if;
    -- As many rows in each split as its summary says; none at all only with a build that is new in the registry.
    execute format(
        'select case when count(*) = 0 then exists (select from %3$s where %2$s)
             else bool_and(exists (
                 select from %4$s where feature_set = %5$L and feature_version = %6$L
                     and split = written.split and row_count = written.row_count
             )) end
         from (select split, count(*) as row_count from %1$s where %2$s group by split) as written',
        splits, now_written, registry, summary, of_set, of_version
    ) into replaced;
    if not replaced then
        raise exception 'split rows of % version % stay: no recorded membership takes their place', of_set, of_version
            using errcode = 'insufficient_privilege';
    end if;
    execute format('delete from %s where feature_set = %L and feature_version = %L
        and xmin <> pg_current_xact_id()::xid', splits, of_set, of_version);
end $function$;

do $functions$
declare
    of_owner text;
begin
    foreach of_owner in array array[
        'meta.runs_no_code(oid)', 'meta.hand_over_history(text, text[])', 'meta.retire_dataset_splits(text, text, integer)'
    ] loop
        execute format('revoke all on function %s from public', of_owner);
        execute format('alter function %s owner to ready_owner', of_owner);
        execute format('grant execute on function %s to ready_builder', of_owner);
    end loop;
end $functions$;
