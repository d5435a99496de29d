"""One row in every tenant table, by plain SQL: what a stranger must not see."""

from string import Template

from sqlalchemy import text

from ocma.ids import new_id

ROWS = Template("""
INSERT INTO workspaces (id, name) VALUES ('$workspace', 'Seeded');
INSERT INTO users (id, email, password_hash) VALUES ('$person', '$person@example.com', 'x');
INSERT INTO members (workspace_id, user_id, role) VALUES ('$workspace', '$person', 'owner');
INSERT INTO api_keys (id, workspace_id, name, prefix, hash, scopes, created_by)
    VALUES ('$id', '$workspace', 'k', 'p', sha256('$workspace'::bytea), '{}', 'operator');
INSERT INTO audit_events (id, workspace_id, actor, action) VALUES ('$id', '$workspace', 'operator', 'thing.done');
INSERT INTO idempotent_requests (workspace_id, caller, key, fingerprint) VALUES ('$workspace', 'operator', 'k', 'x');
INSERT INTO accounts (id, workspace_id, platform, platform_account_id, name, handle)
    VALUES ('$account', '$workspace', 'mastodon', '1', 'A', '@a');
INSERT INTO account_tokens (account_id, workspace_id, access_token, refresh_token, key_id, expires_at)
    VALUES ('$account', '$workspace', 'sealed', 'sealed', 'old', now());
INSERT INTO platform_apps (id, workspace_id, platform, host, redirect_uri, client_id, client_secret, key_id)
    VALUES ('$id', '$workspace', 'mastodon', 'h', 'r', 'c', 'sealed', 'old');
INSERT INTO oauth_states (id, workspace_id, state_hash, caller, platform, redirect_uri, verifier, key_id, expires_at)
    VALUES ('$id', '$workspace', sha256('$workspace'::bytea), 'operator', 'x', 'r', 'sealed', 'old', now() + interval '1 hour');
INSERT INTO media (id, workspace_id, kind, mime_type, size, sha256, created_by)
    VALUES ('$id', '$workspace', 'image', 'image/png', 1, 'x', 'operator');
INSERT INTO renditions (id, workspace_id, medium_id, wishes_hash, wishes) VALUES ('$id', '$workspace', '$id', 'x', '{}');
INSERT INTO uploads (id, workspace_id, size, created_by, expires_at) VALUES ('$id', '$workspace', 1, 'operator', now() + interval '1 hour');
INSERT INTO posts (id, workspace_id, content, scheduled_at, wall_time, timezone, created_by)
    VALUES ('$post', '$workspace', '{}', now(), now()::timestamp, 'UTC', 'operator');
INSERT INTO publications (id, workspace_id, post_id, account_id, platform, scheduled_at, due_at, max_attempts, on_unknown)
    VALUES ('$publication', '$workspace', '$post', '$account', 'mastodon', now(), now(), 5, 'settle');
INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint)
    VALUES ('$id', '$workspace', '$publication', '$account', 0, 0, 'f');
INSERT INTO webhook_endpoints (id, workspace_id, url, events, secret, key_id, created_by)
    VALUES ('$id', '$workspace', 'https://example.org/', '{*}', 'sealed', 'old', 'operator');
INSERT INTO webhook_deliveries (id, workspace_id, endpoint_id, message_id, kind, payload, status, due_at)
    VALUES ('$id', '$workspace', '$id', 'm', 'webhook.tested', '{}', 'failed', NULL);
INSERT INTO notifications (id, workspace_id, kind, at) VALUES ('$id', '$workspace', 'publication.failed', now());
INSERT INTO notification_reads (workspace_id, notification_id, reader) VALUES ('$workspace', '$id', 'operator');
INSERT INTO account_posts (id, workspace_id, account_id, platform_post_id, published_at, seen_at)
    VALUES ('$id', '$workspace', '$account', 'p1', now(), now());
INSERT INTO metric_series (workspace_id, account_id, metric, name, unit, kind)
    VALUES ('$workspace', '$account', 'followers', 'f', 'count', 'total');
INSERT INTO metric_samples (workspace_id, series_id, value, fetched_at)
    SELECT workspace_id, id, 1, t FROM metric_series, unnest(ARRAY['1970-01-01', now(), now() + interval '1 month']) t;
INSERT INTO metric_spans (workspace_id, series_id, start_at, end_at, value, fetched_at)
    SELECT workspace_id, id, now(), now() + interval '1 day', 1, now() FROM metric_series;
INSERT INTO metric_rollups (workspace_id, series_id, grain, bucket_at, first, last, min, max, count, first_at, last_at)
    SELECT workspace_id, id, 'day', now(), 1, 1, 1, 1, 1, now(), now() FROM metric_series;
INSERT INTO metric_spending (workspace_id, platform, day) VALUES ('$workspace', 'x', now()::date);
INSERT INTO custom_metrics (workspace_id, key, name, formula, unit, created_by, created_at, updated_at)
    VALUES ('$workspace', 'rate', 'Rate', 'likes / reach', 'ratio', 'operator', now(), now());
INSERT INTO ai_spending (workspace_id, day) VALUES ('$workspace', now()::date);
INSERT INTO ai_reservations (id, workspace_id, day, usd, tokens, until) VALUES ('$id', '$workspace', now()::date, 0, 1, now());
INSERT INTO ai_calls (id, workspace_id, at, question, model, outcome, calls, seconds)
    VALUES ('$id', '$workspace', now(), 'q', 'm', 'answered', 1, 0.5);
INSERT INTO experiments (id, workspace_id, name, metric, hours, account_ids, alpha, max_posts, seed, created_by, created_at)
    VALUES ('$id', '$workspace', 'A', 'likes', 24, '{$account}', 0.05, 10, 1, 'operator', now());
INSERT INTO experiment_variants (workspace_id, experiment_id, key, place, content) VALUES ('$workspace', '$id', 'a', 0, '{}');
INSERT INTO experiment_posts (workspace_id, experiment_id, round, block, place, variant, account_id, publication_id)
    VALUES ('$workspace', '$id', 1, 0, 0, 'a', '$account', '$publication');
""")


def new_ids():
    return {name: new_id() for name in ("workspace", "person", "id", "account", "post", "publication")}


async def add_rows(database):
    """Returns their ids by name. The one in `events` comes by itself, with the publication."""
    ids = new_ids()
    async with database.transaction(ids["workspace"], ids["person"]) as session:
        for statement in ROWS.substitute(ids).strip().split(";\n"):
            await session.execute(text(statement.rstrip(";")))
    return ids
