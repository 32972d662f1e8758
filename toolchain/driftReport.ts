import type { createColors } from "picocolors";
import { jsonDifferences, jsonPointer } from "#model/jsonDifference.ts";
import { driftSentence, type Drift } from "#providers/files/drift.ts";

/** One way in which the engine or the database is not as the stack left it. Holds no value, and so no secret. */
export interface Finding {
  /** Type and name of the resource, such as `kilocode:Files postgres-files`. */
  readonly resource: string;
  /** Of files: the volume. */
  readonly volume?: string;
  readonly file?: string;
  readonly kind: Drift["kind"] | "gone" | "changed";
  /** Of files: JSON Pointer, variable or line; of other resources: where in its properties. */
  readonly place?: string;
  readonly found?: string;
}

interface Side {
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface EngineEvent {
  readonly resOutputsEvent?: {
    readonly metadata: {
      readonly op: string;
      readonly urn: string;
      readonly type: string;
      readonly old?: Side | null;
      readonly new?: Side | null;
    };
  };
}

/** Reads the engine's event log of a refresh, in which the engine has masked secrets. */
export function findingsOf(log: string): Finding[] {
  const events = log.split("\n").filter((line) => line !== "");
  const findings = events.flatMap((line): Finding[] => {
    const metadata = (JSON.parse(line) as EngineEvent).resOutputsEvent?.metadata;
    if (metadata === undefined || metadata.op === "same" || metadata.op === "refresh") return [];
    const resource = `${shortType(metadata.type)} ${metadata.urn.split("::").at(-1) ?? ""}`;
    if (metadata.op === "delete") return [{ resource, kind: "gone" }];
    return changesOf(resource, metadata.old?.outputs ?? {}, metadata.new?.outputs ?? {});
  });
  // A container takes its limit with it.
  return findings.filter(
    ({ resource, kind }) => kind !== "gone" || !resource.startsWith("kilocode:PidsLimit "),
  );
}

function changesOf(resource: string, before: Side["outputs"] & {}, after: Side["outputs"] & {}): Finding[] {
  const { drift, volume } = after as { drift?: readonly Drift[]; volume?: string };
  if (drift !== undefined && volume !== undefined)
    return drift.map((item) => ({ resource, volume, ...item }));
  const places = jsonDifferences(before, after).map(({ parts }) => jsonPointer(parts.slice(0, 2)));
  const distinct = [...new Set(places)].filter((place) => !place.startsWith("/__"));
  return (distinct.length === 0 ? [undefined] : distinct).map((place) => ({
    resource,
    kind: "changed" as const,
    ...(place === undefined ? {} : { place }),
  }));
}

/** `docker:index/container:Container` → `docker:Container`; of ours the same. */
function shortType(type: string): string {
  const [module = "", , name = ""] = type.replace(/^pulumi-nodejs:dynamic\//, "kilocode:").split(":");
  return `${module}:${name === "" ? (type.split(":").at(-1) ?? "") : name}`;
}

/** A line for each finding, aligned, and what to do. */
export function driftTable(
  findings: readonly Finding[],
  stack: string,
  colors: ReturnType<typeof createColors>,
): string {
  if (findings.length === 0) return colors.green(`Nothing differs from the stack ${stack}.`);
  const rows = findings.map((finding) => [finding.volume ?? finding.resource, sentence(finding)] as const);
  const width = Math.max(...rows.map(([where]) => where.length));
  return [
    ...rows.map(([where, what]) => `${colors.bold(where.padEnd(width))}  ${colors.yellow(what)}`),
    "",
    `${findings.length} ${findings.length === 1 ? "difference" : "differences"}; \`npm run up -- --stack ${stack}\` puts back what the stack says`,
  ].join("\n");
}

function sentence({ file, kind, place, found }: Finding): string {
  if (kind === "gone") return "is gone";
  if (kind === "changed") return place === undefined ? "was changed" : `${place} was changed`;
  return driftSentence({
    file: file ?? "",
    kind,
    ...(place === undefined ? {} : { place }),
    ...(found === undefined ? {} : { found }),
  });
}

/** For programs: `{ "drift": Finding[] }`. */
export function driftJson(findings: readonly Finding[]): string {
  return JSON.stringify({ drift: findings }, null, 2);
}
