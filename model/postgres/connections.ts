/** Kept for superusers (PostgreSQL's default): somebody can still look when everything else is full. */
export const superuserReservedConnections = 3;
/** Providers, migrations, the gate, and an operator's psql. */
export const deploymentConnections = 5;
/**
 * Of the login that runs what callers write, which few of them do at once. They come out of what servers without
 * a second login leave.
 */
export const writerConnections = 2;
/** A server logs in twice: for itself, and as the reader that runs its callers' SQL. */
const loginsPerServer = 2;
/** More connections than this do not make one server faster on the machines this is meant for. */
const largestPool = 10;

/**
 * How many connections each login of each server may hold. Every pool is counted twice: while a
 * credential is rotated or a server replaced, the old and the new pool are both open.
 *
 * @returns 0 if there is not even one for each.
 */
export function poolSize(maxConnections: number, servers: number): number {
  const free = maxConnections - superuserReservedConnections - deploymentConnections;
  return Math.min(largestPool, Math.max(0, Math.floor(free / (2 * loginsPerServer * Math.max(1, servers)))));
}
