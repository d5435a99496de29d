-- What platforms count: posts as they are there, samples of figures, what follows from these by hour, day and week, and whose turn
-- it is to be looked at. Described in docs/architecture/analytics.md.

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own what is made below; taken back at the end

-- The months of `metric_samples` lie here, so that who makes one need not be able to make anything in `ocma`. Nobody else may so
-- much as name them: they are read and written through their parent.
CREATE SCHEMA ocma_samples AUTHORIZATION ocma_system;


-- Posts -------------------------------------------------------------------------------------------------------------------
--
-- Every post of an account that we know of, published by us or seen there.
--
-- `content`          plain text as the platform shows it, or as we sent it; NULL = not known
-- `publication_id`   of ours, with `part`, its place in a thread (0 first)
-- `seen_at`          when it was last known to be there; `gone_at`: when the platform said that it is not
-- `next_measure_at`  when its figures are due; NULL = never again
-- `billed_on`        the UTC day on which reading it was last paid for; a second time that day costs nothing
CREATE TABLE account_posts (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    platform_post_id text NOT NULL,
    content text,
    url text,
    published_at timestamptz NOT NULL,
    publication_id uuid,
    part integer,
    seen_at timestamptz NOT NULL,
    gone_at timestamptz,
    next_measure_at timestamptz,
    measured_at timestamptz,
    billed_on date,
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    FOREIGN KEY (workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    UNIQUE (account_id, platform_post_id),
    UNIQUE (workspace_id, id),
    CHECK ((publication_id IS NULL) = (part IS NULL)),
    CHECK (gone_at IS NULL OR next_measure_at IS NULL)
);
CREATE INDEX account_posts_due ON account_posts (account_id, next_measure_at) WHERE next_measure_at IS NOT NULL;
CREATE INDEX account_posts_time ON account_posts (workspace_id, account_id, published_at, id);
CREATE INDEX account_posts_publication ON account_posts (publication_id) WHERE publication_id IS NOT NULL;


-- Figures -----------------------------------------------------------------------------------------------------------------
--
-- A series is one figure over time. `metric` is OCMA's name, `name` the platform's: a figure under another name is another series,
-- never the same one continued. `post_id` NULL: of the account itself. `grp`: which part of a split figure, e.g. `country=DE`.
--
-- `latest`, `latest_at`  the newest value; for figures with a span that of the newest span, and its end
CREATE TABLE metric_series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id uuid NOT NULL,
    account_id uuid NOT NULL,
    post_id uuid,
    metric text NOT NULL,
    name text NOT NULL,
    unit text NOT NULL CHECK (unit IN ('count', 'seconds', 'percent')),
    kind text NOT NULL CHECK (kind IN ('total', 'delta', 'rate')),
    grp text NOT NULL DEFAULT '',
    latest double precision,
    latest_at timestamptz,
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    FOREIGN KEY (workspace_id, post_id) REFERENCES account_posts (workspace_id, id),
    UNIQUE (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (account_id, post_id, metric, name, unit, kind, grp)
);
CREATE INDEX metric_series_post ON metric_series (post_id) WHERE post_id IS NOT NULL;

-- What was read, as it was read: added to, never changed. `start_at`, `end_at`: the span of a delta, or of a rate that has one; the
-- same span read anew with another value is a revision, another row. A span that reads as before is no new row; any other figure is,
-- so that what did not move can be told from what nobody looked at.
CREATE TABLE metric_samples (
    workspace_id uuid NOT NULL,
    series_id bigint NOT NULL,
    value double precision NOT NULL CHECK (value < 'Infinity' AND value > '-Infinity'),
    start_at timestamptz,
    end_at timestamptz,
    fetched_at timestamptz NOT NULL,
    FOREIGN KEY (workspace_id, series_id) REFERENCES metric_series (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (series_id, fetched_at, start_at, end_at),
    CHECK ((start_at IS NULL) = (end_at IS NULL) AND coalesce(start_at < end_at, true))
) PARTITION BY RANGE (fetched_at);

CREATE FUNCTION guard_sample() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a metric sample cannot change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON metric_samples FOR EACH ROW EXECUTE FUNCTION guard_sample();

-- The newest revision of each span.
CREATE TABLE metric_spans (
    workspace_id uuid NOT NULL,
    series_id bigint NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    value double precision NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (series_id, start_at, end_at),
    FOREIGN KEY (workspace_id, series_id) REFERENCES metric_series (workspace_id, id)
);

-- Samples by hour, day and ISO week, in UTC. Written in the transaction that writes the samples.
--
-- A total:   first, last, min, max, count of the samples fetched inside. `growth`: what came inside, beginning at the last sample of
--            the bucket right before; where that has none, at the first one inside; NULL when that is the only one. `gap`: what came
--            since an earlier sample over at least one bucket without any, so that nobody knows in which; it is in no bucket's growth.
--            `fell`: how often it fell, which is kept as it is, so growth may be negative. All growth and gaps together are last - first.
-- With a span (deltas; rates that have one): first … count of the newest revisions of all spans that begin inside and are no longer
--            than the bucket (a day may have 25 hours where the platform lives). `growth` of a delta: their sum.
-- A rate:    does not add up: no growth.
CREATE TABLE metric_rollups (
    workspace_id uuid NOT NULL,
    series_id bigint NOT NULL,
    grain text NOT NULL CHECK (grain IN ('hour', 'day', 'week')),
    bucket_at timestamptz NOT NULL,
    first double precision NOT NULL,
    last double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    count integer NOT NULL,
    growth double precision,
    gap double precision,
    fell integer NOT NULL DEFAULT 0,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (series_id, grain, bucket_at),
    FOREIGN KEY (workspace_id, series_id) REFERENCES metric_series (workspace_id, id)
);


-- What figures are rolled up by; `longest`: a span that still fits.
CREATE FUNCTION sample_grains() RETURNS TABLE (grain text, length interval, longest interval) LANGUAGE sql IMMUTABLE
AS $$
    VALUES ('hour', interval '1 hour', interval '1 hour'), ('day', interval '24 hours', interval '25 hours'),
        ('week', interval '168 hours', interval '169 hours')
$$;


-- Whose turn it is --------------------------------------------------------------------------------------------------------
--
-- `next_at`      when the account is looked at next; NULL = not, it is not active
-- `fence`        every claim raises it, every write names it; `lease_until`: until then the claim belongs to whoever made it
-- `fetched_at`   of the newest samples: later ones come later, whatever a machine's clock says
-- `account_at`   when the account's own figures were read; `listed_at`: when its posts were last listed there
-- `live_until`   publications that went live before were taken up
-- `days_until`   the platform's figures of single days are here up to then
-- `tries`        looks that failed since the last success
-- `error`        of the last look {code, detail, at, …}, or what it had to leave out; NULL = all is well
CREATE TABLE measurements (
    account_id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    next_at timestamptz,
    fence integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    fetched_at timestamptz,
    account_at timestamptz,
    listed_at timestamptz,
    live_until timestamptz,
    days_until timestamptz,
    succeeded_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    error jsonb,
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id)
);
CREATE INDEX measurements_due ON measurements (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX measurements_workspace ON measurements (workspace_id);

-- An account is looked at soon after it is connected, and no more once it is not active.
CREATE FUNCTION enrol_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO measurements AS m (account_id, workspace_id, next_at)
    VALUES (NEW.id, NEW.workspace_id, CASE NEW.status WHEN 'active' THEN clock_timestamp() END)
    ON CONFLICT (account_id) DO UPDATE SET next_at = excluded.next_at, tries = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER enrol_new AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION enrol_account();
CREATE TRIGGER enrol_change AFTER UPDATE OF status ON accounts FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION enrol_account();
INSERT INTO measurements (account_id, workspace_id, next_at)
SELECT id, workspace_id, CASE status WHEN 'active' THEN now() + random() * interval '1 hour' END FROM accounts;


-- What it may cost --------------------------------------------------------------------------------------------------------

ALTER TABLE workspaces ADD COLUMN metrics_budget_usd jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN workspaces.metrics_budget_usd IS 'By platform: what reading its posts may cost in a UTC day. Without one: OCMA_METRICS_DAILY_USD.';

CREATE TABLE metric_spending (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    platform text NOT NULL,
    day date NOT NULL,
    usd numeric(12, 6) NOT NULL DEFAULT 0 CHECK (usd >= 0),
    PRIMARY KEY (workspace_id, platform, day)
);


-- Across workspaces: ids and counts only ----------------------------------------------------------------------------------

-- Who is due at `at`, who waits longest first; taken for `lease`.
CREATE FUNCTION claim_measurements(batch integer, lease interval, at timestamptz)
RETURNS TABLE (workspace_id uuid, account_id uuid, fence integer)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH due AS (
        SELECT m.account_id FROM measurements m
        WHERE m.next_at <= at AND coalesce(m.lease_until < clock_timestamp(), true)
        ORDER BY m.next_at LIMIT batch FOR UPDATE SKIP LOCKED
    )
    UPDATE measurements m SET fence = m.fence + 1, lease_until = clock_timestamp() + lease
    FROM due WHERE m.account_id = due.account_id
    RETURNING m.workspace_id, m.account_id, m.fence
$$;

-- How far behind looks are, for an operator's eyes.
CREATE FUNCTION measure_measurements(at timestamptz) RETURNS TABLE (platform text, count bigint, due bigint, oldest_next_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT a.platform, count(*), count(*) FILTER (WHERE m.next_at <= at), min(m.next_at) FILTER (WHERE m.next_at <= at)
    FROM measurements m JOIN accounts a ON a.id = m.account_id WHERE m.next_at IS NOT NULL GROUP BY 1
$$;

-- Makes the month of `at` and so many after it, where they are missing. A month of which samples lie in the default partition
-- already is left: they are as good there. Returns how many were made; raises lock_not_available after two seconds' waiting.
CREATE FUNCTION make_sample_months(at timestamptz, ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
DECLARE
    month timestamp;
    part text;
    made integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '2s', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('ocma:sample_months', 0));
    FOR month IN SELECT generate_series(date_trunc('month', at AT TIME ZONE 'UTC'),
        date_trunc('month', at AT TIME ZONE 'UTC') + make_interval(months => least(ahead, 24)), interval '1 month')
    LOOP
        part := 'metric_samples_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('ocma_samples.' || part) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE ocma_samples.%I (LIKE metric_samples INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
            EXECUTE format('ALTER TABLE ocma_samples.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
            EXECUTE format('CREATE POLICY tenant ON ocma_samples.%I TO ocma_app USING (workspace_id = (SELECT current_workspace()))', part);
            EXECUTE format('ALTER TABLE metric_samples ATTACH PARTITION ocma_samples.%I FOR VALUES FROM (%L) TO (%L)',
                part, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
            made := made + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;
        END;
    END LOOP;
    RETURN made;
END $$;

-- Drops months that ended longer ago than `age`, which is a month at least. Returns how many.
CREATE FUNCTION forget_old_samples(age interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
DECLARE
    old text;
    gone integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '2s', true);
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'metric_samples'::regclass AND c.relname ~ '^metric_samples_\d{4}_\d\d$'
            AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' < now() - greatest(age, interval '31 days')
    LOOP
        EXECUTE format('DROP TABLE ocma_samples.%I', old);
        gone := gone + 1;
    END LOOP;
    RETURN gone;
END $$;


-- Row-level security and rights -------------------------------------------------------------------------------------------

CREATE TABLE ocma_samples.metric_samples_default PARTITION OF metric_samples DEFAULT;

DO $$
DECLARE
    tenant regclass;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['account_posts', 'metric_series', 'metric_samples', 'ocma_samples.metric_samples_default', 'metric_spans',
        'metric_rollups', 'measurements', 'metric_spending']::regclass[]
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY tenant ON %s TO ocma_app USING (workspace_id = (SELECT current_workspace()))', tenant);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON account_posts, metric_series, metric_samples, metric_spans, metric_rollups, measurements, metric_spending TO ocma_app;
GRANT UPDATE ON account_posts, metric_spans, metric_rollups, measurements, metric_spending TO ocma_app;
GRANT UPDATE (latest, latest_at) ON metric_series TO ocma_app;

CREATE POLICY system ON measurements TO ocma_system USING (true);
GRANT SELECT (account_id, workspace_id, next_at, fence, lease_until), INSERT (account_id, workspace_id, next_at),
    UPDATE (next_at, fence, lease_until, tries) ON measurements TO ocma_system;

ALTER TABLE metric_samples OWNER TO ocma_system;  -- who makes its months; sees none of its rows
ALTER TABLE ocma_samples.metric_samples_default OWNER TO ocma_system;
GRANT SELECT, INSERT ON metric_samples TO ocma_app;

DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'ocma'::regnamespace AND p.prosecdef AND p.proowner <> 'ocma_system'::regrole
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO ocma_system', each);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', each);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ocma_app', each);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;

SELECT make_sample_months(now(), 3);
