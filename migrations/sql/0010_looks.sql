-- Experiments that run are looked at though nobody asks.

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own a function; taken back below

ALTER TABLE experiments ADD COLUMN look_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN experiments.look_at IS 'When it is looked at by itself next, while it runs.';
CREATE INDEX experiments_looks ON experiments (look_at) WHERE state = 'running';

-- Those whose turn it is, for the longest first. They come again after `every`, whatever becomes of the look.
CREATE FUNCTION claim_looks(every interval, batch integer) RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH due AS MATERIALIZED (
        SELECT e.id FROM experiments e WHERE e.state = 'running' AND e.look_at <= now()
        ORDER BY e.look_at LIMIT batch FOR UPDATE SKIP LOCKED
    )
    UPDATE experiments e SET look_at = now() + every FROM due WHERE e.id = due.id RETURNING e.workspace_id, e.id
$$;

CREATE POLICY system ON experiments TO ocma_system USING (true);
GRANT SELECT (id, workspace_id, state, look_at), UPDATE (look_at) ON experiments TO ocma_system;
ALTER FUNCTION claim_looks(interval, integer) OWNER TO ocma_system;
REVOKE ALL ON FUNCTION claim_looks(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_looks(interval, integer) TO ocma_app;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;
