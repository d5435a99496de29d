-- What asking language models may cost, and has cost.

ALTER TABLE workspaces
    ADD COLUMN ai_budget_usd double precision CHECK (ai_budget_usd >= 0 AND ai_budget_usd < 'Infinity'),
    ADD COLUMN ai_budget_tokens bigint CHECK (ai_budget_tokens >= 0);
COMMENT ON COLUMN workspaces.ai_budget_usd IS 'What language models may cost in a UTC day; 0: they are not asked. NULL: OCMA_AI_DAILY_USD.';
COMMENT ON COLUMN workspaces.ai_budget_tokens IS 'The same in tokens. NULL: OCMA_AI_DAILY_TOKENS.';

-- By UTC day.
--
-- `usd`, `tokens`            what providers counted
-- `open_usd`, `open_tokens`  the most that calls may have taken of which they told nothing: the budget counts it, nobody else does
CREATE TABLE ai_spending (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    day date NOT NULL,
    usd numeric NOT NULL DEFAULT 0 CHECK (usd >= 0),
    tokens bigint NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    open_usd numeric NOT NULL DEFAULT 0 CHECK (open_usd >= 0),
    open_tokens bigint NOT NULL DEFAULT 0 CHECK (open_tokens >= 0),
    PRIMARY KEY (workspace_id, day)
);

-- What questions that are being answered may take at most. After `until` whoever asked is gone.
CREATE TABLE ai_reservations (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    day date NOT NULL,
    usd numeric NOT NULL CHECK (usd >= 0),
    tokens bigint NOT NULL CHECK (tokens >= 0),
    until timestamptz NOT NULL
);
CREATE INDEX ai_reservations_day ON ai_reservations (workspace_id, day);

-- Every question that a model was asked: added to, never changed, and without a word of what was asked or said.
--
-- `outcome`  answered, cancelled, or why there was no answer
-- `prompt_tokens`, `completion_tokens`, `cost_usd`: of all its calls, by the provider's count; NULL = not known
CREATE TABLE ai_calls (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    at timestamptz NOT NULL,
    question text NOT NULL,
    model text NOT NULL,
    outcome text NOT NULL,
    calls integer NOT NULL CHECK (calls > 0),
    prompt_tokens bigint CHECK (prompt_tokens >= 0),
    completion_tokens bigint CHECK (completion_tokens >= 0),
    cost_usd numeric CHECK (cost_usd >= 0),
    seconds double precision NOT NULL
);
CREATE INDEX ai_calls_time ON ai_calls (workspace_id, at);

CREATE FUNCTION guard_ai_call() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'what a model was asked cannot change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON ai_calls FOR EACH ROW EXECUTE FUNCTION guard_ai_call();


DO $$
DECLARE
    tenant regclass;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['ai_spending', 'ai_reservations', 'ai_calls']::regclass[]
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY tenant ON %s TO ocma_app USING (workspace_id = (SELECT current_workspace()))', tenant);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON ai_spending, ai_reservations, ai_calls TO ocma_app;
GRANT UPDATE ON ai_spending, ai_reservations TO ocma_app;
GRANT DELETE ON ai_reservations TO ocma_app;
