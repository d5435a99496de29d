-- What language models were asked is forgotten when it is so old that nobody is shown it any more.

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own a function; taken back below

-- The ledger's lines of the days that usage is offered of (MOST_DAYS in features/assistant/usage.py) stay, whoever would delete them.
DROP TRIGGER guard ON ai_calls;
CREATE TRIGGER guard BEFORE UPDATE ON ai_calls FOR EACH ROW EXECUTE FUNCTION guard_ai_call();
CREATE TRIGGER guard_gone BEFORE DELETE ON ai_calls FOR EACH ROW
    WHEN (OLD.at > now() - interval '366 days') EXECUTE FUNCTION guard_ai_call();

-- The oldest `batch`, if they are old enough. Returns how many are gone.
CREATE FUNCTION forget_old_ai_calls(age interval, batch integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH oldest AS (SELECT c.id, c.at FROM ai_calls c ORDER BY c.id LIMIT batch), gone AS (
        DELETE FROM ai_calls c USING oldest o WHERE c.id = o.id AND o.at < now() - age RETURNING 1
    ) SELECT count(*) FROM gone
$$;

CREATE POLICY system ON ai_calls TO ocma_system USING (true);
GRANT SELECT (id, at), DELETE ON ai_calls TO ocma_system;
ALTER FUNCTION forget_old_ai_calls(interval, integer) OWNER TO ocma_system;
REVOKE ALL ON FUNCTION forget_old_ai_calls(interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_old_ai_calls(interval, integer) TO ocma_app;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;
