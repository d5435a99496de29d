-- What operators watch beside publications (measure_publications in 0001).

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own a function; taken back below

-- Accounts of all workspaces; those that were disconnected are none any more.
CREATE FUNCTION measure_accounts() RETURNS TABLE (platform text, status text, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT a.platform, a.status, count(*) FROM accounts a WHERE a.status <> 'revoked' GROUP BY 1, 2 $$;

ALTER FUNCTION measure_accounts() OWNER TO ocma_system;
REVOKE ALL ON FUNCTION measure_accounts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measure_accounts() TO ocma_app;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;
