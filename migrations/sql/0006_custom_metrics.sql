-- Formulas of a workspace's own over what platforms count.
--
-- `formula`  as OCMA writes it: read and checked before it was stored; `unit`: what its result is in
CREATE TABLE custom_metrics (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    key text NOT NULL CHECK (key ~ '^[a-z][A-Za-z0-9]{0,39}$'),
    name text NOT NULL,
    formula text NOT NULL,
    unit text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, key)
);

ALTER TABLE custom_metrics ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON custom_metrics TO ocma_app USING (workspace_id = (SELECT current_workspace()));
GRANT SELECT, INSERT, UPDATE, DELETE ON custom_metrics TO ocma_app;
