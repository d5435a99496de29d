-- What happened, told to people (notifications) and to programs (webhooks). Everything begins in `events`: the changes of
-- publications (0001), and from here on those of accounts and whatever the audit trail records.
--
-- spread_events goes through `events` in the order of commits and writes a row per notification and per delivery, together with
-- how far it came: nothing is told twice by it, and nothing is left out.

GRANT CREATE ON SCHEMA ocma TO ocma_system;  -- needed to own a function; taken back below

-- A UUIDv7, as ids.py makes them.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE
AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(random, 14))::uuid
    FROM replace(gen_random_uuid()::text, '-', '') AS random
$$;


-- Events ------------------------------------------------------------------------------------------------------------------

CREATE INDEX events_order ON events (xid, id);

CREATE TABLE event_cursors (
    name text PRIMARY KEY,
    xid xid8 NOT NULL,
    event_id bigint NOT NULL
);
INSERT INTO event_cursors VALUES ('spread', pg_current_xact_id(), 0);

-- Nothing can tell whether a publication is live: it begins to wait for a person, whether its state changes with that or not.
-- (What waits before it begins tells of it by itself: tell_hold in 0001.)
CREATE FUNCTION tell_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, post_id, publication_id, account_id, data)
    SELECT a.workspace_id, 'publication.held', a.post_id, a.id, a.account_id, jsonb_strip_nulls(jsonb_build_object(
        'platform', a.platform, 'status', a.state, 'hold', 'unknown', 'attempt', a.attempt,
        'scheduledAt', a.scheduled_at, 'error', a.error))
    FROM after a JOIN before b ON b.id = a.id
    WHERE a.state = 'unknown' AND a.due_at IS NULL AND a.lease_until IS NULL AND (b.state <> 'unknown' OR b.due_at IS NOT NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_held AFTER UPDATE ON publications REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION tell_held();

CREATE FUNCTION tell_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, account_id, data)
    VALUES (NEW.workspace_id, 'account.' || CASE
            WHEN TG_OP = 'INSERT' THEN 'connected'
            WHEN NEW.status = 'active' THEN 'reconnected'
            WHEN NEW.status = 'revoked' THEN 'disconnected'
            ELSE NEW.status END,
        NEW.id, jsonb_strip_nulls(jsonb_build_object(
        'platform', NEW.platform, 'status', NEW.status, 'accountHandle', NEW.handle, 'reason', NEW.status_reason)));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_new AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION tell_account();
CREATE TRIGGER tell_change AFTER UPDATE OF status ON accounts FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tell_account();

-- What is audited is told as well, but for what tells more of itself: accounts and publications above, changed posts in 0001.
CREATE FUNCTION tell_audited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, data)
    VALUES (NEW.workspace_id, NEW.action, NEW.data || jsonb_build_object('actor', NEW.actor) || CASE NEW.subject WHEN '' THEN '{}'
        ELSE jsonb_build_object(CASE split_part(NEW.action, '.', 1)
            WHEN 'post' THEN 'jobId' WHEN 'media' THEN 'mediumId' WHEN 'member' THEN 'userId' WHEN 'key' THEN 'keyId'
            WHEN 'webhook' THEN 'endpointId' WHEN 'workspace' THEN 'workspaceId' ELSE 'subject' END, NEW.subject) END);
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON audit_events FOR EACH ROW
    WHEN (split_part(NEW.action, '.', 1) NOT IN ('account', 'publication') AND NEW.action <> 'post.updated') EXECUTE FUNCTION tell_audited();


-- Webhooks ----------------------------------------------------------------------------------------------------------------

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    url text NOT NULL,
    description text NOT NULL DEFAULT '',
    events text[] NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    failing_since timestamptz,
    secret text NOT NULL,
    previous_secret text,
    previous_until timestamptz,
    key_id text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, id)
);
CREATE INDEX webhook_endpoints_key ON webhook_endpoints (key_id);

-- `due_at`       when somebody has to act next; NULL = over
-- `attempts`     the fence: every claim raises it, every result names it
-- `lease_until`  a claim is at work until then at the latest; due_at lies there, too, so that a lost one is taken up again
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz DEFAULT clock_timestamp(),
    lease_until timestamptz,
    attempted_at timestamptz,
    duration_ms integer,
    response_status integer,
    response_body text,
    error text,
    replay_of uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoints (workspace_id, id) ON DELETE CASCADE,
    CHECK ((status = 'pending') = (due_at IS NOT NULL)),
    CHECK (lease_until IS NULL OR status = 'pending')
);
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_in_flight ON webhook_deliveries (endpoint_id) WHERE lease_until IS NOT NULL;

CREATE FUNCTION tell_disabled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    INSERT INTO events (workspace_id, kind, data)
    VALUES (NEW.workspace_id, 'webhook.disabled', jsonb_build_object(
        'endpointId', NEW.id, 'description', NEW.description, 'reason', NEW.disabled_reason));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_disabled AFTER UPDATE OF enabled ON webhook_endpoints FOR EACH ROW
    WHEN (OLD.enabled AND NOT NEW.enabled AND NEW.disabled_reason IS NOT NULL) EXECUTE FUNCTION tell_disabled();


-- Notifications -----------------------------------------------------------------------------------------------------------

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    kind text NOT NULL,
    post_id uuid,
    publication_id uuid,
    account_id uuid,
    data jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE INDEX notifications_age ON notifications (at);

-- `reader` is a caller's name: each member has read what they have read.
CREATE TABLE notification_reads (
    workspace_id uuid NOT NULL,
    notification_id uuid NOT NULL,
    reader text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (notification_id, reader),
    FOREIGN KEY (workspace_id, notification_id) REFERENCES notifications (workspace_id, id) ON DELETE CASCADE
);


-- Across workspaces: ids and counts only ----------------------------------------------------------------------------------

-- Does a person have to know? `late`: published so long after its time.
CREATE FUNCTION concerns_people(kind text, at timestamptz, data jsonb, late interval) RETURNS boolean LANGUAGE sql STABLE
AS $$
    SELECT CASE kind
        WHEN 'publication.failed' THEN data #>> '{error,code}' IS DISTINCT FROM 'cancelled'
        WHEN 'publication.held' THEN data ->> 'hold' <> 'workspace'  -- a person paused that
        WHEN 'publication.published' THEN at - (data ->> 'scheduledAt')::timestamptz > late
        WHEN 'account.needsReauthorization' THEN true
        WHEN 'account.restricted' THEN true
        WHEN 'webhook.disabled' THEN true
        ELSE false END
$$;

-- One copy at a time; the others find nothing to do. Returns how many events were looked at: as many as `batch` = there may be more.
-- Cost without endpoints: one pass over the new events. An event is left for the next round while an earlier transaction runs.
CREATE FUNCTION spread_events(batch integer, late interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
DECLARE
    place event_cursors;
    seen integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('ocma:spread', 0)) THEN
        RETURN 0;
    END IF;
    SELECT * INTO place FROM event_cursors c WHERE c.name = 'spread';
    -- Restored into a server that counts transactions anew: what was written there before comes first, in the order of ids.
    IF place.xid > pg_snapshot_xmax(pg_current_snapshot()) THEN
        UPDATE events e SET xid = '3' WHERE e.xid <> '3';
        place.xid := '3';
        UPDATE event_cursors c SET xid = place.xid WHERE c.name = 'spread';
    END IF;
    PERFORM FROM events e
    WHERE (e.xid, e.id) > (place.xid, place.event_id) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xid, e.id LIMIT 1;  -- in this order, so that the index is used
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WITH fresh AS MATERIALIZED (
        SELECT e.* FROM events e
        WHERE (e.xid, e.id) > (place.xid, place.event_id) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.xid, e.id LIMIT batch
    ), told AS (
        INSERT INTO notifications (id, workspace_id, kind, post_id, publication_id, account_id, data, at)
        SELECT new_id(), f.workspace_id, f.kind, f.post_id, f.publication_id, f.account_id, f.data, f.at
        FROM fresh f WHERE concerns_people(f.kind, f.at, f.data, late) ORDER BY f.xid, f.id
    ), sent AS (
        INSERT INTO webhook_deliveries (id, workspace_id, endpoint_id, message_id, kind, payload)
        SELECT new_id(), m.workspace_id, w.id, m.message_id, m.kind, jsonb_build_object(
            'id', m.message_id, 'type', m.kind, 'workspaceId', m.workspace_id,
            'timestamp', to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'data', m.data || jsonb_strip_nulls(jsonb_build_object(
                'jobId', m.post_id, 'publicationId', m.publication_id, 'accountId', m.account_id)))
        FROM (
            SELECT f.*, 'msg_' || md5(f.workspace_id::text || f.id::text || f.at::text) AS message_id FROM fresh f
        ) AS m JOIN webhook_endpoints w ON w.workspace_id = m.workspace_id AND w.enabled
            AND w.created_at <= m.at AND w.events && ARRAY['*', m.kind, split_part(m.kind, '.', 1) || '.*']
        ORDER BY m.xid, m.id
    ), moved AS (
        UPDATE event_cursors c SET xid = last.xid, event_id = last.id
        FROM (SELECT f.xid, f.id FROM fresh f ORDER BY f.xid DESC, f.id DESC LIMIT 1) AS last WHERE c.name = 'spread'
    )
    SELECT count(*) INTO seen FROM fresh;
    RETURN seen;
END $$;

-- What is due, the oldest first, but of each endpoint at most `per_endpoint` at a time: one that is slow holds up nobody else.
CREATE FUNCTION claim_deliveries(batch integer, per_endpoint integer, lease interval)
RETURNS TABLE (id uuid, workspace_id uuid, attempt integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ocma:deliver', 0));
    RETURN QUERY
        WITH RECURSIVE waiting AS (
            (SELECT d.endpoint_id FROM webhook_deliveries d WHERE d.due_at IS NOT NULL ORDER BY d.endpoint_id LIMIT 1)
            UNION ALL
            SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
                WHERE d.due_at IS NOT NULL AND d.endpoint_id > w.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
            FROM waiting w WHERE w.endpoint_id IS NOT NULL
        ), due AS (
            SELECT turn.id FROM waiting w CROSS JOIN LATERAL (
                SELECT d.id, d.due_at FROM webhook_deliveries d WHERE d.endpoint_id = w.endpoint_id AND d.due_at <= now()
                ORDER BY d.due_at, d.id
                LIMIT greatest(0, per_endpoint - (SELECT count(*) FROM webhook_deliveries f
                    WHERE f.endpoint_id = w.endpoint_id AND f.lease_until > now()))
            ) AS turn WHERE w.endpoint_id IS NOT NULL
            ORDER BY turn.due_at LIMIT batch
        )
        UPDATE webhook_deliveries d
        SET attempts = d.attempts + 1, lease_until = clock_timestamp() + lease, due_at = clock_timestamp() + lease
        FROM due WHERE d.id = due.id AND d.due_at <= now()  -- asked again, for a result may just have been written
        RETURNING d.id, d.workspace_id, d.attempts;
END $$;

CREATE FUNCTION list_stale_webhook_secrets(active_key text, batch integer) RETURNS TABLE (kind text, workspace_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$ SELECT 'webhook_endpoints', w.workspace_id, w.id FROM webhook_endpoints w WHERE w.key_id <> active_key LIMIT batch $$;

-- The oldest `batch`, if they are old enough and were spread. Each of these returns how many are gone.
CREATE FUNCTION forget_old_events(age interval, batch integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH oldest AS (SELECT e.id, e.at, e.xid FROM events e ORDER BY e.id LIMIT batch), gone AS (
        DELETE FROM events e USING oldest o, event_cursors c
        WHERE e.id = o.id AND o.at < now() - age AND c.name = 'spread' AND (o.xid, o.id) <= (c.xid, c.event_id) RETURNING 1
    ) SELECT count(*) FROM gone
$$;

CREATE FUNCTION forget_old_deliveries(age interval, batch integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH oldest AS (SELECT d.id, d.created_at FROM webhook_deliveries d ORDER BY d.id LIMIT batch), gone AS (
        DELETE FROM webhook_deliveries d USING oldest o
        WHERE d.id = o.id AND o.created_at < now() - age AND d.due_at IS NULL RETURNING 1
    ) SELECT count(*) FROM gone
$$;

-- What somebody has read goes at `age`, what nobody wanted to know at four times that.
CREATE FUNCTION forget_old_notifications(age interval, batch integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ocma, pg_temp
AS $$
    WITH old AS (
        SELECT n.id FROM notifications n
        WHERE n.at < now() - age AND (n.at < now() - 4 * age
            OR EXISTS (SELECT FROM notification_reads r WHERE r.notification_id = n.id))
        ORDER BY n.at LIMIT batch
    ), gone AS (DELETE FROM notifications n USING old WHERE n.id = old.id RETURNING 1) SELECT count(*) FROM gone
$$;


-- Row-level security and rights -------------------------------------------------------------------------------------------

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['webhook_endpoints', 'webhook_deliveries', 'notifications', 'notification_reads'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY tenant ON %I TO ocma_app USING (workspace_id = (SELECT current_workspace()))', tenant);
        EXECUTE format('CREATE POLICY system ON %I TO ocma_system USING (true)', tenant);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ocma_app', tenant);
    END LOOP;
END $$;
ALTER TABLE event_cursors ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_cursors FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON event_cursors TO ocma_system USING (true);

GRANT UPDATE, DELETE ON webhook_endpoints TO ocma_app;
GRANT UPDATE ON webhook_deliveries TO ocma_app;

GRANT SELECT, UPDATE ON event_cursors TO ocma_system;
GRANT SELECT, UPDATE (xid), DELETE ON events TO ocma_system;
GRANT SELECT (id, workspace_id, events, enabled, key_id, created_at) ON webhook_endpoints TO ocma_system;
GRANT SELECT (id, workspace_id, endpoint_id, attempts, due_at, lease_until, created_at), INSERT, DELETE,
    UPDATE (attempts, due_at, lease_until) ON webhook_deliveries TO ocma_system;
GRANT SELECT (id, at), INSERT, DELETE ON notifications TO ocma_system;
GRANT SELECT (notification_id) ON notification_reads TO ocma_system;

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
