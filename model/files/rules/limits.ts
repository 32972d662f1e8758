import { serverNames } from "#model/names.ts";
import { placeAt, type Place } from "#model/files/place.ts";
import { byteCount, sizeText } from "#model/files/schema/units.ts";
import type { Deployment } from "./deployment.ts";
import { rule, valueAt, type Rule, type Violation } from "./rule.ts";

/** What a server holds in memory as one piece. */
const pieces: readonly (readonly [server: (typeof serverNames)[number], place: Place])[] = [
  ...serverNames.map((server) => [server, placeAt(server, "/server/maxRequestSize")] as const),
  ["filesystem", placeAt("filesystem", "/filesystem/maxFileSize")],
  ["postgres", placeAt("postgres", "/database/maxBytes")],
  ["memory", placeAt("memory", "/memory/maxSizePerItem")],
];

/** A piece is there as bytes, as text, as objects, and as the text of the answer. */
const copies = 4;

/** The rule that only a deployment can judge, as the engine has to be asked. */
export const engineMemory: Rule = rule(
  "engine-memory",
  {
    sentence: "The memory limits of all containers together are no more than the engine's machine has.",
    mend: "Lower postgres.memory or servers.NAME.memory, or use a larger machine.",
  },
  [],
  ({ deployment }) => memoryBeyond(deployment),
  { deployed: true },
);

export const limitRules: readonly Rule[] = [
  rule(
    "memory-limits",
    {
      sentence: `The largest request, file or answer fits into the server's memory limit ${String(copies)} times.`,
      mend: "Lower it, or raise servers.NAME.memory.",
    },
    pieces.map(([, place]) => place),
    ({ values, facts, deployment }) =>
      pieces.flatMap(([server, place]) => {
        const limit = deployment.memory[server] ?? 0;
        const value = valueAt(values, place);
        const bytes = typeof value === "number" ? value : (byteCount(String(value)) ?? 0);
        if (!facts.enabled.includes(server) || limit === 0 || bytes * copies <= limit) return [];
        const problem = `${sizeText(bytes)} needs about ${sizeText(bytes * copies)} of memory; the container of ${server} has ${sizeText(limit)}.`;
        return [{ places: [place], problem }];
      }),
    { deployed: true },
  ),
  engineMemory,
];

/** What all limits come to, if that is more than the engine's machine has. */
export function memoryBeyond({ memory, engineMemory: available }: Deployment): Violation[] {
  const sum = Object.values(memory).reduce((total, limit) => total + limit, 0);
  if (available === undefined || sum <= available) return [];
  const [largest = "database"] = Object.entries(memory).toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const setting = largest === "database" ? "postgres.memory" : `servers.${largest}.memory`;
  const problem = `all limits come to ${megabytes(sum)}; the engine's machine has ${megabytes(available)}.`;
  return [{ places: [], setting, problem }];
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1024 ** 2))}MB`;
}
