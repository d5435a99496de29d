-- Who is logged in. A session belongs to a person, not to a workspace, and is found by its token alone: so nobody reads the table,
-- and the functions below do one thing each.

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own functions; taken back below

CREATE TABLE sessions (
    hash bytea PRIMARY KEY,  -- SHA-256 of the token
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    opened_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL  -- if it is not used until then
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON sessions TO ocma_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO ocma_system;

-- Each one that is opened sweeps out some that have ended.
CREATE FUNCTION open_session(new_hash bytea, person uuid, at timestamptz, until timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    DELETE FROM sessions s WHERE s.hash IN (
        SELECT old.hash FROM sessions old WHERE old.ends_at <= at ORDER BY old.ends_at LIMIT 20 FOR UPDATE SKIP LOCKED);
    INSERT INTO sessions VALUES (new_hash, person, at, until);
$$;

-- Every use prolongs it; that is written when it is worth more than an hour.
CREATE FUNCTION find_session(wanted bytea, at timestamptz, idle interval, lifetime interval)
RETURNS TABLE (user_id uuid, ends_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH found AS (
        SELECT s.hash, s.user_id, s.ends_at, greatest(s.ends_at, least(at + idle, s.opened_at + lifetime)) AS until
        FROM sessions s WHERE s.hash = wanted AND s.ends_at > at
    ), prolonged AS (
        UPDATE sessions s SET ends_at = f.until FROM found f WHERE s.hash = f.hash AND f.until > f.ends_at + interval '1 hour'
    )
    SELECT f.user_id, f.until FROM found f
$$;

CREATE FUNCTION close_session(wanted bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ DELETE FROM sessions s WHERE s.hash = wanted $$;

CREATE FUNCTION close_sessions(person uuid) RETURNS SETOF bytea
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ DELETE FROM sessions s WHERE s.user_id = person RETURNING s.hash $$;

DO $$
DECLARE
    each text;
BEGIN
    FOREACH each IN ARRAY ARRAY['open_session(bytea, uuid, timestamptz, timestamptz)',
        'find_session(bytea, timestamptz, interval, interval)', 'close_session(bytea)', 'close_sessions(uuid)']
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO ocma_system', each);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', each);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ocma_app', each);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;
