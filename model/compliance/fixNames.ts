/** Fixes that `migrations/0014_compliance.sql` has; each with its inverse. */
export const fixNames = ["revoke-grant", "deactivate-key", "deactivate-account", "set-retention"] as const;
export type FixName = (typeof fixNames)[number];
