-- Experiments: variants of a post, which of them went where and when, and what each came to.
--
-- `metric`       a platforms' metric, or `interactions`, or `engagement`
-- `hours`        after publication, when a post's figure is taken
-- `account_ids`  where it runs; each has every variant once a round, in an order drawn from `seed`
-- `max_posts`    more are never planned
-- `decision`     of a decided one; never changed
CREATE TABLE experiments (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    metric text NOT NULL,
    hours integer NOT NULL CHECK (hours BETWEEN 1 AND 720),
    account_ids uuid[] NOT NULL CHECK (cardinality(account_ids) > 0),
    alpha double precision NOT NULL CHECK (alpha > 0 AND alpha < 1),
    max_posts integer NOT NULL,
    seed bigint NOT NULL,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'running', 'decided', 'stopped')),
    decision jsonb,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    UNIQUE (workspace_id, id),
    CHECK ((state = 'decided') = (decision IS NOT NULL)),
    CHECK ((state = 'draft') = (started_at IS NULL)),
    CHECK ((state IN ('decided', 'stopped')) = (ended_at IS NOT NULL))
);
CREATE INDEX experiments_workspace ON experiments (workspace_id, id);

-- `content` as posts have it: of the first round.
CREATE TABLE experiment_variants (
    workspace_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    key text NOT NULL,
    place integer NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (experiment_id, key),
    UNIQUE (experiment_id, place),
    FOREIGN KEY (workspace_id, experiment_id) REFERENCES experiments (workspace_id, id) ON DELETE CASCADE
);

-- One post of a variant on an account. A block is an account in a round: in it every variant has one place.
--
-- `value`, `measured_at`  the figure that counts, once it is known, and when it was read from the platform; never changed
CREATE TABLE experiment_posts (
    workspace_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    round integer NOT NULL,
    block integer NOT NULL,
    place integer NOT NULL,
    variant text NOT NULL,
    account_id uuid NOT NULL,
    publication_id uuid NOT NULL,
    value double precision CHECK (value >= 0 AND value < 'Infinity'),
    measured_at timestamptz,
    PRIMARY KEY (experiment_id, block, place),
    UNIQUE (experiment_id, block, variant),
    UNIQUE (publication_id),
    FOREIGN KEY (workspace_id, experiment_id) REFERENCES experiments (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (experiment_id, variant) REFERENCES experiment_variants (experiment_id, key) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    FOREIGN KEY (workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    CHECK ((value IS NULL) = (measured_at IS NULL))
);

CREATE FUNCTION guard_experiment_post() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'what was counted cannot change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON experiment_posts FOR EACH ROW
    WHEN (OLD.value IS NOT NULL AND (NEW.value, NEW.measured_at) IS DISTINCT FROM (OLD.value, OLD.measured_at))
    EXECUTE FUNCTION guard_experiment_post();

CREATE FUNCTION guard_experiment() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'an experiment that was decided cannot change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON experiments FOR EACH ROW WHEN (OLD.state = 'decided') EXECUTE FUNCTION guard_experiment();

DO $$
DECLARE
    tenant regclass;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['experiments', 'experiment_variants', 'experiment_posts']::regclass[]
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY tenant ON %s TO ocma_app USING (workspace_id = (SELECT current_workspace()))', tenant);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON experiments, experiment_variants, experiment_posts TO ocma_app;
GRANT UPDATE (state, decision, started_at, ended_at) ON experiments TO ocma_app;
GRANT UPDATE (value, measured_at) ON experiment_posts TO ocma_app;
