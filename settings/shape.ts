import type { z } from "zod";
import type { FaultDetails } from "#model/fault.ts";
import { pathText, unknownKey } from "./keys.ts";
import { stackConfig, type StackConfig } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/**
 * The configuration as the schema types it, and a fault for each value that does not fit. Values at fault
 * are left out of the result, so that the rules can still judge all others.
 */
export function checkShape(config: Record<string, unknown>, isSecret: (path: string) => boolean) {
  const faults: FaultDetails[] = [];
  const rest = structuredClone(config);
  for (;;) {
    const result = stackConfig.safeParse(rest);
    if (result.success) return { value: result.data satisfies StackConfig, faults };
    for (const issue of result.error.issues) {
      faults.push(...issueFaults(issue, rest, isSecret));
    }
    for (const issue of result.error.issues) removeAt(rest, issue);
  }
}

function issueFaults(issue: Issue, config: unknown, isSecret: (path: string) => boolean): FaultDetails[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key));
  const where = pathText(issue.path);
  const secret = isSecret(where);
  const allowed = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const given = issue.code === "invalid_key" ? issue.path.at(-1) : valueAt(config, issue.path);
  return [
    {
      code: "SETTINGS_INVALID",
      where,
      problem: `${secret ? "its value" : shown(given)} is not allowed; allowed is ${allowed}.`,
      mend:
        issue.code === "invalid_key"
          ? `pulumi config rm --path '${where}'`
          : `pulumi config set --path ${secret ? "--secret " : ""}'${where}' VALUE`,
    },
  ];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

/** A wrong item takes its list with it: a list without it would mean something else. */
function removeAt(config: Record<string, unknown>, issue: Issue): void {
  const list = issue.path.findIndex((part) => typeof part === "number");
  const path = list === -1 ? issue.path : issue.path.slice(0, list);
  const targets = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
  for (const target of targets) {
    const parent = valueAt(config, target.slice(0, -1));
    const last = target.at(-1);
    if (typeof parent === "object" && parent !== null && last !== undefined)
      Reflect.deleteProperty(parent, last);
  }
}
