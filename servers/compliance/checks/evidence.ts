import { schemaName, serverNames } from "#model/names.ts";
import type { Queryable } from "./queryable.ts";

/** What a server said of itself, as far as it can be believed. */
export interface Report {
  readonly report: unknown;
  readonly ageSeconds: number;
  /** Login that recorded it. */
  readonly reportedBy: string;
}

/** What is known of every server when a run begins. */
export interface Evidence {
  readonly facts: ReadonlyMap<string, unknown>;
  readonly reports: ReadonlyMap<string, Report>;
  /** A report that is older is none. */
  readonly freshSeconds: number;
}

/** A report is recorded with every sample; whoever missed three of them is silent. */
export const missedSamples = 3;

export async function readEvidence(session: Queryable, sampleInterval: number): Promise<Evidence> {
  const facts = await session.query<{ server: string; facts: unknown }>(
    `SELECT server_name AS server, facts FROM ${schemaName}.deployment_facts`,
  );
  const reports = await session.query<{ server: string; report: unknown; age: number; by: string }>(
    `SELECT server_name AS server, report, reported_by AS by,
            extract(epoch FROM clock_timestamp() - reported_at)::float8 AS age
       FROM ${schemaName}.server_reports`,
  );
  return {
    facts: new Map(facts.rows.map(({ server, facts: found }) => [server, found])),
    reports: new Map(
      reports.rows.map(({ server, report, age, by }) => [
        server,
        { report, ageSeconds: age, reportedBy: by },
      ]),
    ),
    freshSeconds: missedSamples * sampleInterval,
  };
}

/** The report of a server, or why there is none to go by. */
export function reportOf(evidence: Evidence, server: string): { report: unknown } | { problem: string } {
  const found = evidence.reports.get(server);
  if (!found) return { problem: "the server has not reported itself" };
  // Each server has a login of its own, `<server>_<generation>`.
  if (found.reportedBy.replace(/_\d+$/, "") !== server)
    return { problem: `the report was recorded by ${found.reportedBy}, which is not the server's login` };
  if (found.ageSeconds > evidence.freshSeconds)
    return {
      problem: `the report is ${Math.round(found.ageSeconds)} s old; it may be ${evidence.freshSeconds} s`,
    };
  return { report: found.report };
}

/** What the deployment wrote down of a server, or why there is nothing to go by. */
export function factsOf(evidence: Evidence, server: string): { facts: unknown } | { problem: string } {
  const facts = evidence.facts.get(server);
  return facts === undefined ? { problem: "the deployment has written down nothing of it" } : { facts };
}

/** Whether a server was deployed. One of which nothing is known counts, so that it is not passed over. */
export function isDeployed(evidence: Evidence, server: string): boolean {
  return valueAt(evidence.facts.get(server), "/enabled") !== false;
}

/** The MCP servers that run, as far as is known. */
export function deployedServers(evidence: Evidence): string[] {
  return serverNames.filter((server) => isDeployed(evidence, server));
}

/** The value that a JSON Pointer names; undefined if there is none. */
export function valueAt(value: unknown, pointer: string): unknown {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Record<string, unknown>)[part]
        : undefined,
    value,
  );
}
