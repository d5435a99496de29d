-- The first schema. Runs as the login that owns the tables; needs CREATEROLE or roles made beforehand, never a superuser.
--
-- ocma_app     what the API and the workers are: sees one workspace at a time, by row-level security
-- ocma_worker  what a worker becomes for one transaction over a batch: sees the workspaces of that batch
-- ocma_system  owner of the few functions that work across workspaces; they return ids, nothing a tenant wrote

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocma_app') THEN
        CREATE ROLE ocma_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocma_worker') THEN
        CREATE ROLE ocma_worker NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocma_system') THEN
        CREATE ROLE ocma_system NOLOGIN;
    END IF;
    IF NOT pg_has_role('ocma_app', 'USAGE') THEN
        GRANT ocma_app TO CURRENT_USER;
    END IF;
    IF NOT pg_has_role('ocma_system', 'USAGE') THEN
        GRANT ocma_system TO CURRENT_USER;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_auth_members WHERE roleid = 'ocma_worker'::regrole AND member = 'ocma_app'::regrole) THEN
        -- To be become, never inherited: the policies of one must not be those of the other.
        IF current_setting('server_version_num')::integer >= 160000 THEN
            EXECUTE 'GRANT ocma_worker TO ocma_app WITH INHERIT FALSE, SET TRUE';
        ELSE
            ALTER ROLE ocma_app NOINHERIT;
            GRANT ocma_worker TO ocma_app;
        END IF;
    END IF;
END $$;

GRANT USAGE ON SCHEMA ocma TO ocma_app, ocma_worker, ocma_system;
GRANT SELECT ON alembic_version TO ocma_app;  -- /readyz compares
GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own a function; taken back below

CREATE FUNCTION current_workspace() RETURNS uuid LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('app.workspace_id', true), '')::uuid $$;

CREATE FUNCTION current_workspaces() RETURNS uuid[] LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('app.workspaces', true), '')::uuid[] $$;

CREATE FUNCTION current_person() RETURNS uuid LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;


-- Who ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    timezone text NOT NULL DEFAULT 'UTC',
    on_unknown text NOT NULL DEFAULT 'settle' CHECK (on_unknown IN ('settle', 'hold')),
    paused_at timestamptz,
    resume_grace_hours integer NOT NULL DEFAULT 24 CHECK (resume_grace_hours BETWEEN 1 AND 8760),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL DEFAULT '',
    password_hash text,
    issuer text,
    subject text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (password_hash IS NOT NULL OR subject IS NOT NULL)
);
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE subject IS NULL;
CREATE UNIQUE INDEX users_subject ON users (issuer, subject) WHERE subject IS NOT NULL;

CREATE TABLE members (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);

CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}',
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (workspace_id, seq)
);

-- Each entry's hash covers the one before, so that a changed or missing entry shows.
CREATE FUNCTION audit_hash(previous bytea, seq bigint, at timestamptz, actor text, action text, subject text, data jsonb)
RETURNS bytea LANGUAGE sql STABLE
AS $$
    SELECT sha256(previous || convert_to(
        jsonb_build_array(seq, extract(epoch FROM at)::text, actor, action, subject, data)::text, 'UTF8'))
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || NEW.workspace_id::text, 0));
    SELECT a.seq, a.hash INTO last FROM audit_events a WHERE a.workspace_id = NEW.workspace_id ORDER BY a.seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.previous := coalesce(last.hash, '\x');
    NEW.hash := audit_hash(NEW.previous, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.subject, NEW.data);
    RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE TABLE idempotent_requests (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    status integer,
    media_type text,
    body text,
    PRIMARY KEY (workspace_id, caller, key)
);
CREATE INDEX idempotent_requests_age ON idempotent_requests (started_at);


-- Accounts ----------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    platform text NOT NULL,
    host text NOT NULL DEFAULT '',
    platform_account_id text NOT NULL,
    name text NOT NULL,
    handle text NOT NULL,
    profile_url text,
    profile_image text,
    followers bigint,
    following bigint,
    posts bigint,
    scopes text[] NOT NULL DEFAULT '{}',
    missing text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'needsReauthorization', 'restricted', 'revoked')),
    status_reason text,
    last_success_at timestamptz,
    connected_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, platform, host, platform_account_id),
    UNIQUE (workspace_id, id)
);

CREATE TABLE account_tokens (
    account_id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    access_token text NOT NULL,
    refresh_token text,
    extra text,
    expires_at timestamptz,
    early interval NOT NULL DEFAULT '0',
    ends_at timestamptz,
    login_id uuid,
    key_id text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id)
);
COMMENT ON COLUMN account_tokens.early IS 'How long before its end it is renewed.';
COMMENT ON COLUMN account_tokens.ends_at IS 'Until when it can be renewed; then the owner has to connect again. NULL: not known, or never.';
COMMENT ON COLUMN account_tokens.login_id IS 'The same for all accounts that one authorization opened.';
CREATE INDEX account_tokens_login ON account_tokens (workspace_id, login_id) WHERE login_id IS NOT NULL;
CREATE INDEX account_tokens_expiry ON account_tokens (expires_at) WHERE refresh_token IS NOT NULL;
CREATE INDEX account_tokens_key ON account_tokens (key_id);

CREATE TABLE platform_apps (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    platform text NOT NULL,
    host text NOT NULL,
    redirect_uri text NOT NULL,
    client_id text NOT NULL,
    client_secret text NOT NULL,
    key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, platform, host, redirect_uri)
);
CREATE INDEX platform_apps_key ON platform_apps (key_id);

CREATE TABLE oauth_states (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    state_hash bytea NOT NULL UNIQUE,
    caller text NOT NULL,
    platform text NOT NULL,
    host text NOT NULL DEFAULT '',
    redirect_uri text NOT NULL,
    verifier text NOT NULL,
    kept text,
    key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX oauth_states_expiry ON oauth_states (expires_at);
CREATE INDEX oauth_states_caller ON oauth_states (workspace_id, caller, platform) WHERE used_at IS NULL;


-- Posts -------------------------------------------------------------------------------------------------------------------

CREATE TABLE media (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    kind text NOT NULL CHECK (kind IN ('image', 'gif', 'video', 'document')),
    mime_type text NOT NULL,
    size bigint NOT NULL,
    width integer,
    height integer,
    facts jsonb NOT NULL DEFAULT '{}',
    sha256 bytea NOT NULL,
    alt_text text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, id)
);
CREATE INDEX media_workspace ON media (workspace_id, id);

-- A medium made to fit somewhere, once for each set of wishes. `lease_until`: a worker makes it until then.
CREATE TABLE renditions (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    medium_id uuid NOT NULL,
    wishes_hash text NOT NULL,
    wishes jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'making', 'ready', 'refused')),
    progress real NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    facts jsonb,
    sha256 bytea,
    error jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (medium_id, wishes_hash),
    FOREIGN KEY (workspace_id, medium_id) REFERENCES media (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX renditions_waiting ON renditions (updated_at) WHERE state IN ('waiting', 'making');

-- A file that comes in pieces, and becomes the medium of the same id. `parts`: files in the store, in order.
-- `finish_until`: somebody puts it together until then.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    size bigint NOT NULL CHECK (size > 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
    parts uuid[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'ready', 'refused')),
    finish_until timestamptz,
    error jsonb,
    metadata text NOT NULL DEFAULT '',
    alt_text text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX uploads_workspace ON uploads (workspace_id, id);
CREATE INDEX uploads_expiry ON uploads (expires_at);

CREATE TABLE posts (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    content jsonb NOT NULL,
    variants jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    scheduled_at timestamptz NOT NULL,
    wall_time timestamp NOT NULL,
    timezone text NOT NULL,
    request_key text,
    request_hash text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, request_key)
);
CREATE INDEX posts_time ON posts (workspace_id, scheduled_at, id);


-- Publications ------------------------------------------------------------------------------------------------------------
--
--   scheduled -> publishing -> published | failed | unknown | scheduled (retry, snooze)
--   unknown -> published | scheduled (provably absent) | failed;  failed -> scheduled (requeue);  scheduled -> cancelled | failed
--
-- `due_at`       when somebody has to act next; NULL = nobody but a person (held, or over)
-- `attempt`      the fence: every claim raises it, every write of a worker names it
-- `lease_until`  until then the claim belongs to whoever made it; NULL = free
-- `hold`         why something that is due does not go out: its account has to be connected again, its workspace is paused, or it
--                is later than the workspace wants. Set by the claim that would have taken it, so that pausing costs nothing;
--                lifted by triggers on accounts and workspaces; `late` only by a person.

CREATE TABLE publications (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    post_id uuid NOT NULL,
    account_id uuid NOT NULL,
    platform text NOT NULL,
    state text NOT NULL DEFAULT 'scheduled'
        CHECK (state IN ('scheduled', 'publishing', 'unknown', 'published', 'failed', 'cancelled')),
    scheduled_at timestamptz NOT NULL,
    due_at timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    taken_at timestamptz,
    hold text CHECK (hold IN ('account', 'workspace', 'late')),
    tries integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts BETWEEN 1 AND 20),
    looks integer NOT NULL DEFAULT 0,
    lapses integer NOT NULL DEFAULT 0,
    on_unknown text NOT NULL CHECK (on_unknown IN ('settle', 'hold')),
    progress jsonb NOT NULL DEFAULT '{}',
    error jsonb,
    platform_post_id text,
    url text,
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (workspace_id, post_id) REFERENCES posts (workspace_id, id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES accounts (workspace_id, id),
    UNIQUE (workspace_id, id),
    UNIQUE (post_id, account_id),
    CHECK (state <> 'published' OR (platform_post_id IS NOT NULL AND published_at IS NOT NULL)),
    CHECK (state NOT IN ('scheduled', 'publishing') OR due_at IS NOT NULL OR lease_until IS NOT NULL),
    CHECK (lease_until IS NULL OR state IN ('publishing', 'unknown')),
    CHECK (hold IS NULL OR state = 'scheduled')
);
CREATE INDEX publications_due ON publications (due_at, id)
    WHERE lease_until IS NULL AND hold IS NULL AND state IN ('scheduled', 'publishing', 'unknown');
CREATE INDEX publications_held ON publications (workspace_id, account_id) WHERE hold IS NOT NULL;
CREATE INDEX publications_open ON publications (workspace_id, platform, account_id, state, hold, due_at)
    WHERE lease_until IS NULL AND state IN ('scheduled', 'publishing', 'unknown');
CREATE INDEX publications_done ON publications (workspace_id, published_at) INCLUDE (platform, scheduled_at, created_at)
    WHERE state = 'published';
CREATE INDEX publications_leased ON publications (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX publications_in_flight ON publications (account_id) WHERE lease_until IS NOT NULL;
CREATE INDEX publications_dead ON publications (workspace_id, updated_at, id) WHERE state = 'failed';

CREATE TABLE attempts (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    publication_id uuid NOT NULL,
    account_id uuid NOT NULL,
    attempt integer NOT NULL,
    part integer NOT NULL,
    fingerprint text NOT NULL,
    state text NOT NULL DEFAULT 'sending' CHECK (state IN ('sending', 'processing', 'published', 'refused', 'unknown', 'absent')),
    platform_post_id text,
    url text,
    error jsonb,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    FOREIGN KEY (workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    CHECK (state <> 'published' OR platform_post_id IS NOT NULL)
);
CREATE INDEX attempts_publication ON attempts (publication_id, attempt);
CREATE INDEX attempts_account ON attempts (account_id, started_at);
CREATE UNIQUE INDEX attempts_live ON attempts (account_id, platform_post_id) WHERE platform_post_id IS NOT NULL;

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    workspace_id uuid NOT NULL,  -- of a row that refers to it
    kind text NOT NULL,
    post_id uuid,
    publication_id uuid,
    account_id uuid,
    data jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX events_stream ON events (workspace_id, xid, id);
CREATE INDEX events_publication ON events (publication_id, id);

CREATE FUNCTION guard_publication() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state IN ('published', 'cancelled') THEN
        RAISE EXCEPTION 'publication % is % and cannot change', OLD.id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.attempt < OLD.attempt THEN
        RAISE EXCEPTION 'publication %: the fence only rises', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state) = ANY (ARRAY[
        'scheduled>publishing', 'scheduled>cancelled', 'scheduled>failed',
        'publishing>published', 'publishing>scheduled', 'publishing>unknown', 'publishing>failed',
        'unknown>published', 'unknown>scheduled', 'unknown>failed', 'failed>scheduled']) THEN
        RAISE EXCEPTION 'publication %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> 'scheduled' THEN
        NEW.hold := NULL;
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON publications FOR EACH ROW EXECUTE FUNCTION guard_publication();

-- Every change of state is an event in the same transaction, whoever makes it.
CREATE FUNCTION tell_publication() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, post_id, publication_id, account_id, data)
    VALUES (NEW.workspace_id, 'publication.' || NEW.state, NEW.post_id, NEW.id, NEW.account_id, jsonb_strip_nulls(jsonb_build_object(
        'platform', NEW.platform, 'status', NEW.state, 'attempt', NEW.attempt, 'scheduledAt', NEW.scheduled_at,
        'dueAt', NEW.due_at, 'url', NEW.url, 'error', NEW.error)));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_new AFTER INSERT ON publications FOR EACH ROW EXECUTE FUNCTION tell_publication();

-- For all that a statement changed at once: workers and dispatchers change many.
CREATE FUNCTION tell_publications() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, post_id, publication_id, account_id, data)
    SELECT a.workspace_id, 'publication.' || a.state, a.post_id, a.id, a.account_id, jsonb_strip_nulls(jsonb_build_object(
        'platform', a.platform, 'status', a.state, 'attempt', a.attempt, 'scheduledAt', a.scheduled_at,
        'dueAt', a.due_at, 'url', a.url, 'error', a.error))
    FROM after a JOIN before b ON b.id = a.id WHERE a.state <> b.state;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_change AFTER UPDATE ON publications REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tell_publications();

CREATE FUNCTION tell_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, post_id, publication_id, account_id, data)
    VALUES (NEW.workspace_id, CASE WHEN NEW.hold IS NULL THEN 'publication.resumed' ELSE 'publication.held' END, NEW.post_id, NEW.id,
        NEW.account_id, jsonb_strip_nulls(jsonb_build_object('platform', NEW.platform, 'status', NEW.state, 'hold', NEW.hold,
        'scheduledAt', NEW.scheduled_at, 'dueAt', NEW.due_at, 'error', NEW.error)));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_hold AFTER UPDATE OF hold ON publications FOR EACH ROW
    WHEN (OLD.hold IS DISTINCT FROM NEW.hold AND NEW.state = 'scheduled') EXECUTE FUNCTION tell_hold();

CREATE FUNCTION tell_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, post_id, data)
    VALUES (NEW.workspace_id, 'post.updated', NEW.id, jsonb_build_object(
        'scheduledAt', NEW.scheduled_at, 'timezone', NEW.timezone, 'changed', array_remove(ARRAY[
            CASE WHEN OLD.content <> NEW.content THEN 'content' END,
            CASE WHEN OLD.variants <> NEW.variants THEN 'variants' END,
            CASE WHEN OLD.metadata <> NEW.metadata THEN 'metadata' END,
            CASE WHEN OLD.scheduled_at <> NEW.scheduled_at THEN 'scheduledAt' END,
            CASE WHEN OLD.timezone <> NEW.timezone THEN 'timezone' END], NULL)));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_change AFTER UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION tell_post();

-- What waited for an account or a workspace goes on when that is back, unless it is later by now than the workspace wants. A claim
-- that is just setting a hold has locked the account or workspace, so that none is left behind (see claim_publications).
CREATE FUNCTION resume_publications(workspace uuid, reason text, account uuid) RETURNS void LANGUAGE sql
AS $$
    WITH held AS (
        SELECT p.id FROM publications p
        WHERE p.workspace_id = workspace AND p.hold = reason AND (account IS NULL OR p.account_id = account)
        ORDER BY p.id FOR UPDATE
    )
    UPDATE publications p
    SET hold = CASE WHEN p.due_at < now() - make_interval(hours => w.resume_grace_hours) THEN 'late' END
    FROM held, workspaces w WHERE p.id = held.id AND w.id = workspace;
    SELECT pg_notify('ocma_due', '')
$$;

CREATE FUNCTION account_is_back() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM resume_publications(NEW.workspace_id, 'account', NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER back AFTER UPDATE OF status ON accounts FOR EACH ROW
    WHEN (OLD.status <> 'active' AND NEW.status = 'active') EXECUTE FUNCTION account_is_back();

CREATE FUNCTION workspace_is_back() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM resume_publications(NEW.id, 'workspace', NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER back AFTER UPDATE OF paused_at ON workspaces FOR EACH ROW
    WHEN (OLD.paused_at IS NOT NULL AND NEW.paused_at IS NULL) EXECUTE FUNCTION workspace_is_back();


-- Across workspaces: ids only ---------------------------------------------------------------------------------------------

-- One account never has two publications in flight: claims are made one at a time, and skip accounts that have one. Up to ten due
-- ones of an account are claimed together and belong into one message, to be worked in order; `batch` limits the accounts.
-- OFFSET 0 and coalesce(…) keep the planner, who thinks that nothing is ever in flight, from joining with all that is. What is due and must not go out is
-- held instead. The account or workspace that it waits for is locked meanwhile: whoever brings it back comes before or after, and
-- what is being brought back this moment is left for the next claim.
CREATE FUNCTION claim_publications(batch integer, lease interval, ahead interval)
RETURNS TABLE (id uuid, workspace_id uuid, account_id uuid, platform text, state text, attempt integer, due_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ocma:claim', 0));
    RETURN QUERY
        WITH first AS (
            SELECT p.workspace_id, p.platform, p.account_id FROM publications p
            WHERE p.lease_until IS NULL AND p.hold IS NULL AND p.state IN ('scheduled', 'publishing', 'unknown')
                AND p.due_at <= now() + ahead AND NOT EXISTS (
                    SELECT FROM publications q WHERE q.account_id = p.account_id AND q.lease_until IS NOT NULL OFFSET 0)
            ORDER BY p.due_at, p.id LIMIT batch
        ), due AS MATERIALIZED (
            SELECT p.id, p.workspace_id, p.account_id, p.state, p.due_at FROM (SELECT DISTINCT * FROM first) f
            CROSS JOIN LATERAL (
                SELECT o.id FROM publications o
                WHERE o.workspace_id = f.workspace_id AND o.platform = f.platform AND o.account_id = f.account_id
                    AND o.lease_until IS NULL AND o.hold IS NULL AND o.state IN ('scheduled', 'publishing', 'unknown')
                    AND o.due_at <= now() + ahead
                ORDER BY o.due_at, o.id LIMIT 10
            ) o JOIN publications p ON p.id = o.id
            WHERE coalesce(p.lease_until = '-infinity', true) AND p.hold IS NULL
                AND p.state IN ('scheduled', 'publishing', 'unknown') AND p.due_at <= now() + ahead
            FOR UPDATE OF p SKIP LOCKED
        ), judged AS (
            SELECT d.id, d.workspace_id, d.account_id, CASE
                WHEN d.state <> 'scheduled' THEN NULL
                WHEN (SELECT w.paused_at FROM workspaces w WHERE w.id = d.workspace_id) IS NOT NULL THEN 'workspace'
                WHEN (SELECT a.status FROM accounts a WHERE a.id = d.account_id) <> 'active' THEN 'account'
                WHEN d.due_at < now() - interval '1 hour' AND d.due_at < now() - (
                    SELECT make_interval(hours => w.resume_grace_hours) FROM workspaces w WHERE w.id = d.workspace_id) THEN 'late'
                END AS hold
            FROM due d
        ), paused AS (
            SELECT w.id FROM workspaces w
            WHERE w.id IN (SELECT j.workspace_id FROM judged j WHERE j.hold = 'workspace') AND w.paused_at IS NOT NULL
            FOR SHARE SKIP LOCKED
        ), stopped AS (
            SELECT a.id FROM accounts a
            WHERE a.id IN (SELECT j.account_id FROM judged j WHERE j.hold = 'account') AND a.status <> 'active'
            FOR SHARE SKIP LOCKED
        ), held AS (
            UPDATE publications p SET hold = j.hold FROM judged j
            WHERE p.id = j.id AND (j.hold = 'late' OR (j.hold = 'workspace' AND j.workspace_id IN (SELECT s.id FROM paused s))
                OR (j.hold = 'account' AND j.account_id IN (SELECT s.id FROM stopped s)))
        )
        UPDATE publications p
        SET state = CASE p.state WHEN 'scheduled' THEN 'publishing' ELSE p.state END,
            attempt = p.attempt + 1, lease_until = clock_timestamp() + lease, taken_at = NULL
        FROM judged j WHERE p.id = j.id AND j.hold IS NULL
        RETURNING p.id, p.workspace_id, p.account_id, p.platform, p.state, p.attempt, p.due_at;
END $$;

-- A worker takes what a message names: once, and only while the claim that sent the message still holds. Locks are taken in the
-- order of ids here and wherever several publications change at once, so that two batches never wait for each other in a ring.
CREATE FUNCTION take_publications(ids uuid[], fences integer[], lease interval)
RETURNS TABLE (id uuid, workspace_id uuid, account_id uuid, platform text, state text, attempt integer, due_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT p.id FROM publications p JOIN unnest(ids, fences) AS want(id, fence) ON p.id = want.id
        WHERE p.attempt = want.fence AND p.taken_at IS NULL AND coalesce(p.lease_until > clock_timestamp(), false)
        ORDER BY p.id FOR NO KEY UPDATE OF p
    )
    UPDATE publications p SET taken_at = clock_timestamp(), lease_until = clock_timestamp() + lease
    FROM ours WHERE p.id = ours.id
    RETURNING p.id, p.workspace_id, p.account_id, p.platform, p.state, p.attempt, p.due_at
$$;

-- A sign of life: returns those whose claim still holds.
CREATE FUNCTION extend_publications(ids uuid[], fences integer[], lease interval) RETURNS TABLE (id uuid, attempt integer)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT p.id FROM publications p JOIN unnest(ids, fences) AS want(id, fence) ON p.id = want.id
        WHERE p.attempt = want.fence AND coalesce(p.lease_until > clock_timestamp(), false)
        ORDER BY p.id FOR NO KEY UPDATE OF p
    )
    UPDATE publications p SET lease_until = clock_timestamp() + lease FROM ours WHERE p.id = ours.id RETURNING p.id, p.attempt
$$;

-- What could not be handed over is given back at once, unless somebody took it meanwhile.
CREATE FUNCTION release_publications(ids uuid[], fences integer[]) RETURNS TABLE (id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH ours AS MATERIALIZED (
        SELECT p.id FROM publications p JOIN unnest(ids, fences) AS want(id, fence) ON p.id = want.id
        WHERE p.attempt = want.fence AND p.taken_at IS NULL AND coalesce(p.lease_until > clock_timestamp(), false)
        ORDER BY p.id FOR NO KEY UPDATE OF p
    )
    UPDATE publications p SET lease_until = clock_timestamp() FROM ours WHERE p.id = ours.id RETURNING p.id
$$;

-- A lease that ran out: after a recorded send (answered or not) the outcome is settled as unknown, before it nothing happened. A publication that takes its
-- worker down each time waits longer and longer, and in the end is failed where a person sees it.
CREATE FUNCTION sweep_publications(batch integer) RETURNS TABLE (id uuid, workspace_id uuid, state text)
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
        )
        UPDATE publications p
        SET state = CASE WHEN j.sent THEN 'unknown' WHEN j.hopeless THEN 'failed' ELSE 'scheduled' END,
            lapses = j.lapses, lease_until = NULL, taken_at = NULL, looks = CASE WHEN p.state = 'unknown' THEN p.looks ELSE 0 END,
            due_at = CASE WHEN j.hopeless OR (j.sent AND NOT j.answered AND p.on_unknown = 'hold') THEN NULL ELSE j.later END,
            error = CASE WHEN j.hopeless THEN '{"code": "workerLost", "detail": "The worker died each time."}'::jsonb
                ELSE p.error END
        FROM judged j WHERE p.id = j.id
        RETURNING p.id, p.workspace_id, p.state;
END $$;

-- Uploads of a publication in the last `since`, in seconds ago.
CREATE FUNCTION list_uploads(publication uuid, since interval) RETURNS TABLE (age double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT s.age FROM publications p
    CROSS JOIN LATERAL jsonb_each(p.progress -> 'steps') AS step(key, value)
    CROSS JOIN LATERAL (SELECT extract(epoch FROM clock_timestamp())::double precision - (step.value ->> 'at')::double precision) s(age)
    WHERE p.id = publication AND step.key LIKE 'media:%' AND s.age < extract(epoch FROM since)
$$;

-- What quotas are counted from when Redis does not know: calls of the last `since`, in seconds ago. `kind` is publish (every attempt)
-- or media (uploads of what was attempted).
CREATE FUNCTION list_account_calls(kind text, ids uuid[], since interval) RETURNS TABLE (account_id uuid, age double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT i.id, extract(epoch FROM clock_timestamp() - a.started_at)::double precision
    FROM unnest(ids) AS i(id) JOIN attempts a ON a.account_id = i.id
    WHERE kind = 'publish' AND a.started_at > now() - since
    UNION ALL
    SELECT t.account_id, u.age FROM (
        SELECT DISTINCT a.account_id, a.publication_id FROM unnest(ids) AS i(id) JOIN attempts a ON a.account_id = i.id
        WHERE kind = 'media' AND a.started_at > now() - since) t
    CROSS JOIN LATERAL list_uploads(t.publication_id, since) AS u(age)
$$;

-- The same for an app, which is all accounts of a platform (on a host). NULL: a publication in somebody's hands, whose call may
-- be made at this moment; `besides` are those of whoever asks.
CREATE FUNCTION list_app_calls(kind text, of_platform text, of_host text, since interval, most integer, besides uuid[])
RETURNS TABLE (age double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    (SELECT c.age FROM list_account_calls(kind, ARRAY(
        SELECT a.id FROM accounts a WHERE a.platform = of_platform AND a.host = of_host), since) c ORDER BY c.age LIMIT most)
    UNION ALL
    SELECT NULL FROM publications p JOIN accounts a ON a.id = p.account_id
    WHERE p.lease_until > clock_timestamp() AND p.taken_at IS NOT NULL AND p.state = 'publishing' AND p.platform = of_platform
        AND a.host = of_host AND p.id <> ALL (besides)
        AND NOT EXISTS (SELECT FROM attempts t WHERE t.publication_id = p.id AND t.attempt = p.attempt)
$$;

-- How much waits, for an operator's eyes: numbers over all workspaces, each from an index of what is not over.
CREATE FUNCTION measure_publications() RETURNS TABLE (platform text, state text, count bigint, due bigint, oldest_due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT p.platform, CASE WHEN p.hold IS NOT NULL OR p.due_at IS NULL THEN 'held' ELSE p.state END, count(*),
        count(*) FILTER (WHERE p.hold IS NULL AND p.due_at <= now()), min(p.due_at) FILTER (WHERE p.hold IS NULL AND p.due_at <= now())
    FROM publications p WHERE p.lease_until IS NULL AND p.state IN ('scheduled', 'publishing', 'unknown') GROUP BY 1, 2
    UNION ALL
    SELECT p.platform, CASE p.state WHEN 'unknown' THEN 'settling' ELSE 'working' END, count(*), 0, NULL
    FROM publications p WHERE p.lease_until IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT p.platform, 'failed', count(*), 0, NULL FROM publications p WHERE p.state = 'failed' GROUP BY 1
$$;

CREATE FUNCTION next_due() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT due_at FROM publications
    WHERE lease_until IS NULL AND hold IS NULL AND state IN ('scheduled', 'publishing', 'unknown') AND due_at IS NOT NULL
    ORDER BY due_at, id LIMIT 1
$$;

CREATE FUNCTION find_api_key(wanted bytea)
RETURNS TABLE (id uuid, workspace_id uuid, scopes text[], expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT k.id, k.workspace_id, k.scopes, k.expires_at, k.revoked_at FROM api_keys k WHERE k.hash = wanted $$;

CREATE FUNCTION find_login(wanted text) RETURNS TABLE (id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT u.id, u.password_hash FROM users u WHERE lower(u.email) = lower(wanted) AND u.subject IS NULL $$;

CREATE FUNCTION find_subject(wanted_issuer text, wanted_subject text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT u.id FROM users u WHERE u.issuer = wanted_issuer AND u.subject = wanted_subject $$;

-- To add somebody to a workspace by e-mail: whoever registered with it here or came with it from the issuer.
CREATE FUNCTION find_people(wanted text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT u.id FROM users u WHERE lower(u.email) = lower(wanted) AND wanted <> '' LIMIT 2 $$;

CREATE FUNCTION list_memberships(person uuid) RETURNS TABLE (workspace_id uuid, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT m.workspace_id, w.name, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id
    WHERE m.user_id = person ORDER BY m.created_at, m.workspace_id
$$;

-- The browser comes back from a platform without our credentials: the state alone says whose authorization it was.
CREATE FUNCTION find_state_workspace(wanted bytea) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT s.workspace_id FROM oauth_states s WHERE s.state_hash = wanted $$;

-- Secrets that another key encrypts than the active one, for rotation.
CREATE FUNCTION list_stale_secrets(active_key text, batch integer) RETURNS TABLE (kind text, workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT * FROM (
        SELECT 'account_tokens', t.workspace_id, t.account_id FROM account_tokens t WHERE t.key_id <> active_key
        UNION ALL
        SELECT 'platform_apps', a.workspace_id, a.id FROM platform_apps a WHERE a.key_id <> active_key
        UNION ALL
        SELECT 'oauth_states', s.workspace_id, s.id FROM oauth_states s
        WHERE s.key_id <> active_key AND s.used_at IS NULL AND s.expires_at > now()
    ) AS stale LIMIT batch
$$;

CREATE FUNCTION list_expiring_tokens(horizon interval, batch integer) RETURNS TABLE (workspace_id uuid, account_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    SELECT t.workspace_id, t.account_id FROM account_tokens t JOIN accounts a ON a.id = t.account_id
    WHERE t.refresh_token IS NOT NULL AND t.expires_at < now() + greatest(horizon, t.early) AND a.status = 'active'
    ORDER BY t.expires_at LIMIT batch
$$;

CREATE FUNCTION forget_old_states(age interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH gone AS (DELETE FROM oauth_states s WHERE s.expires_at < now() - age RETURNING 1) SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_old_requests(age interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH gone AS (DELETE FROM idempotent_requests r WHERE r.started_at < now() - age RETURNING 1) SELECT count(*) FROM gone
$$;

-- What is left of media work that nobody holds: uploads that ran out, uploads that came in whole, renditions.
CREATE FUNCTION media_chores(batch integer) RETURNS TABLE (kind text, workspace_id uuid, id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    (SELECT 'expired', u.workspace_id, u.id FROM uploads u WHERE u.expires_at < now() ORDER BY u.expires_at LIMIT batch)
    UNION ALL
    (SELECT 'whole', u.workspace_id, u.id FROM uploads u
        WHERE u.state = 'receiving' AND u.received = u.size AND u.expires_at > now() AND COALESCE(u.finish_until, u.created_at) < now()
        ORDER BY u.expires_at LIMIT batch)
    UNION ALL
    (SELECT 'rendition', r.workspace_id, r.id FROM renditions r
        WHERE r.state IN ('waiting', 'making') AND COALESCE(r.lease_until, r.updated_at + interval '1 minute') < now()
        ORDER BY r.updated_at LIMIT batch)
$$;


-- Row-level security and rights -------------------------------------------------------------------------------------------

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['members', 'api_keys', 'audit_events', 'idempotent_requests', 'accounts', 'account_tokens',
        'platform_apps', 'oauth_states', 'media', 'renditions', 'uploads', 'posts', 'publications', 'attempts', 'events']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY tenant ON %I TO ocma_app USING (workspace_id = (SELECT current_workspace()))', tenant);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ocma_app', tenant);
    END LOOP;
END $$;

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workspaces USING (id = (SELECT current_workspace()));
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY self ON users USING (id = (SELECT current_person()));
CREATE POLICY colleagues ON users FOR SELECT
    USING (id IN (SELECT m.user_id FROM members m WHERE m.workspace_id = (SELECT current_workspace())));

GRANT SELECT, INSERT, UPDATE ON workspaces, users TO ocma_app;
GRANT UPDATE ON members, api_keys, idempotent_requests, accounts, account_tokens, platform_apps, oauth_states, media,
    renditions, uploads, posts, publications, attempts TO ocma_app;
GRANT DELETE ON members, idempotent_requests, account_tokens, platform_apps, oauth_states, media, renditions, uploads TO ocma_app;
REVOKE INSERT ON events FROM ocma_app;

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['accounts', 'account_tokens', 'media', 'renditions', 'posts', 'publications', 'attempts'] LOOP
        EXECUTE format('CREATE POLICY batch ON %I TO ocma_worker USING (workspace_id = ANY ((SELECT current_workspaces())::uuid[]))',
            tenant);
        EXECUTE format('GRANT SELECT ON %I TO ocma_worker', tenant);
    END LOOP;
END $$;
GRANT INSERT ON attempts TO ocma_worker;
GRANT UPDATE ON publications, attempts TO ocma_worker;
GRANT UPDATE (last_success_at) ON accounts TO ocma_worker;

CREATE POLICY system ON publications TO ocma_system USING (true);
CREATE POLICY system ON attempts FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON events TO ocma_system USING (true);
CREATE POLICY system ON api_keys FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON users FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON members FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON workspaces FOR SELECT TO ocma_system USING (true);
CREATE POLICY system_lock ON workspaces FOR UPDATE TO ocma_system USING (true) WITH CHECK (false);
CREATE POLICY system ON oauth_states TO ocma_system USING (true);
CREATE POLICY system ON accounts FOR SELECT TO ocma_system USING (true);
CREATE POLICY system_lock ON accounts FOR UPDATE TO ocma_system USING (true) WITH CHECK (false);
CREATE POLICY system ON account_tokens FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON platform_apps FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON idempotent_requests TO ocma_system USING (true);
CREATE POLICY system ON uploads FOR SELECT TO ocma_system USING (true);
CREATE POLICY system ON renditions FOR SELECT TO ocma_system USING (true);

GRANT SELECT (id, workspace_id, account_id, platform, state, due_at, attempt, lease_until, taken_at, lapses, looks, on_unknown,
    error, hold, progress), UPDATE (state, attempt, lease_until, taken_at, due_at, lapses, looks, error, hold) ON publications TO ocma_system;
GRANT SELECT (publication_id, account_id, attempt, state, started_at) ON attempts TO ocma_system;
GRANT INSERT ON events TO ocma_system;
GRANT SELECT (id, workspace_id, hash, scopes, expires_at, revoked_at) ON api_keys TO ocma_system;
GRANT SELECT (id, email, password_hash, issuer, subject) ON users TO ocma_system;
GRANT SELECT ON members TO ocma_system;
GRANT SELECT (id, name, paused_at, resume_grace_hours), UPDATE (updated_at) ON workspaces TO ocma_system;  -- UPDATE: to lock
GRANT SELECT (id, workspace_id, state_hash, key_id, used_at, expires_at), DELETE ON oauth_states TO ocma_system;
GRANT SELECT (id, platform, host, status), UPDATE (updated_at) ON accounts TO ocma_system;  -- UPDATE: to lock
GRANT SELECT (workspace_id, account_id, key_id, refresh_token, expires_at, early) ON account_tokens TO ocma_system;
GRANT SELECT (id, workspace_id, key_id) ON platform_apps TO ocma_system;
GRANT SELECT (workspace_id, started_at), DELETE ON idempotent_requests TO ocma_system;
GRANT SELECT (id, workspace_id, size, received, state, finish_until, created_at, expires_at) ON uploads TO ocma_system;
GRANT SELECT (id, workspace_id, state, lease_until, updated_at) ON renditions TO ocma_system;

DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'ocma'::regnamespace AND p.prosecdef LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO ocma_system', each);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', each);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ocma_app', each);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA ocma FROM ocma_system;
