-- What is named by its id is looked up by its id, whatever the planner thinks of the tables: with tens of thousands of publications
-- that wait it would rather read all of them. These functions do what they did in 0001, and their owner and rights stay. The rows
-- to lock come one by one, in the order of ids (LATERAL … OFFSET 0, decision 8); an array is thought to be short (ANY, unnest).

CREATE OR REPLACE FUNCTION take_publications(ids uuid[], fences integer[], lease interval)
RETURNS TABLE (id uuid, workspace_id uuid, account_id uuid, platform text, state text, attempt integer, due_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT o.id FROM (SELECT * FROM unnest(ids, fences) AS w(id, fence) ORDER BY w.id) want CROSS JOIN LATERAL (
            SELECT q.id FROM publications q
            WHERE q.id = want.id AND q.attempt = want.fence AND q.taken_at IS NULL
                AND coalesce(q.lease_until > clock_timestamp(), false)
            OFFSET 0 FOR NO KEY UPDATE) o
    )
    UPDATE publications p SET taken_at = clock_timestamp(), lease_until = clock_timestamp() + lease
    WHERE p.id = ANY (ARRAY(SELECT o.id FROM ours o))
    RETURNING p.id, p.workspace_id, p.account_id, p.platform, p.state, p.attempt, p.due_at
$$;

CREATE OR REPLACE FUNCTION extend_publications(ids uuid[], fences integer[], lease interval) RETURNS TABLE (id uuid, attempt integer)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT o.id FROM (SELECT * FROM unnest(ids, fences) AS w(id, fence) ORDER BY w.id) want CROSS JOIN LATERAL (
            SELECT q.id FROM publications q
            WHERE q.id = want.id AND q.attempt = want.fence AND coalesce(q.lease_until > clock_timestamp(), false)
            OFFSET 0 FOR NO KEY UPDATE) o
    )
    UPDATE publications p SET lease_until = clock_timestamp() + lease
    WHERE p.id = ANY (ARRAY(SELECT o.id FROM ours o)) RETURNING p.id, p.attempt
$$;

CREATE OR REPLACE FUNCTION release_publications(ids uuid[], fences integer[]) RETURNS TABLE (id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT o.id FROM (SELECT * FROM unnest(ids, fences) AS w(id, fence) ORDER BY w.id) want CROSS JOIN LATERAL (
            SELECT q.id FROM publications q
            WHERE q.id = want.id AND q.attempt = want.fence AND q.taken_at IS NULL
                AND coalesce(q.lease_until > clock_timestamp(), false)
            OFFSET 0 FOR NO KEY UPDATE) o
    )
    UPDATE publications p SET lease_until = clock_timestamp()
    WHERE p.id = ANY (ARRAY(SELECT o.id FROM ours o)) RETURNING p.id
$$;

CREATE OR REPLACE FUNCTION sweep_publications(batch integer) RETURNS TABLE (id uuid, workspace_id uuid, state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    RETURN QUERY
        WITH lapsed AS (
            SELECT p.id, p.lapses + (p.taken_at IS NOT NULL)::integer AS lapses,
                p.state = 'unknown' OR EXISTS (
                    SELECT FROM attempts a WHERE a.publication_id = p.id AND a.attempt = p.attempt
                        AND a.state IN ('sending', 'unknown', 'published') OFFSET 0) AS sent,
                EXISTS (
                    SELECT FROM attempts a WHERE a.publication_id = p.id AND a.attempt = p.attempt
                        AND a.state = 'published' OFFSET 0) AS answered
            FROM publications p WHERE p.lease_until < statement_timestamp()
            ORDER BY p.lease_until LIMIT batch FOR UPDATE OF p SKIP LOCKED
        ), judged AS (
            SELECT l.*, l.lapses >= 20 AS hopeless,
                clock_timestamp() + make_interval(secs => CASE WHEN l.lapses < 2 THEN 0 ELSE least(power(2, l.lapses), 300) END)
                    AS later
            FROM lapsed l
        ), named AS (
            SELECT array_agg(j.id) AS ids, array_agg(j.lapses) AS lapses, array_agg(j.sent) AS sent, array_agg(j.answered) AS answered,
                array_agg(j.hopeless) AS hopeless, array_agg(j.later) AS later
            FROM judged j
        )
        UPDATE publications p
        SET state = CASE WHEN j.sent THEN 'unknown' WHEN j.hopeless THEN 'failed' ELSE 'scheduled' END,
            lapses = j.lapses, lease_until = NULL, taken_at = NULL, looks = CASE WHEN p.state = 'unknown' THEN p.looks ELSE 0 END,
            due_at = CASE WHEN j.hopeless OR (j.sent AND NOT j.answered AND p.on_unknown = 'hold') THEN NULL ELSE j.later END,
            error = CASE WHEN j.hopeless THEN '{"code": "workerLost", "detail": "The worker died each time."}'::jsonb
                ELSE p.error END
        FROM named n, unnest(n.ids, n.lapses, n.sent, n.answered, n.hopeless, n.later) AS j(id, lapses, sent, answered, hopeless, later)
        WHERE p.id = j.id
        RETURNING p.id, p.workspace_id, p.state;
END $$;
