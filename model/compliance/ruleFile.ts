import { z } from "zod";
import { serverNames } from "../names.ts";
import { expectation } from "./expectation.ts";
import { queryNames, takesDays } from "./queryNames.ts";

export const severities = ["low", "medium", "high", "critical"] as const;

/** JSON Pointer (RFC 6901) of some levels. */
const pointer = z
  .string()
  .regex(/^(\/[A-Za-z0-9_.-]{1,64}){1,6}$/, "a JSON Pointer such as /limits/memory")
  .refine((text) => !/\/(__proto__|constructor|prototype)(\/|$)/.test(text), "a JSON Pointer of a value");

const servers = z
  .array(z.enum([...serverNames, "database"]))
  .min(1)
  .max(serverNames.length + 1)
  .describe("Only these servers; default every one that runs. `database` has facts and no report.")
  .optional();

const check = z.discriminatedUnion(
  "kind",
  [
    z
      .strictObject({
        kind: z.literal("setting"),
        name: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}(\.[A-Za-z][A-Za-z0-9_]{0,62})?$/, "a setting's name"),
        expect: expectation,
      })
      .describe("A setting of PostgreSQL, as pg_settings has it; numbers count the unit that stands there."),
    z
      .strictObject({
        kind: z.literal("query"),
        query: z.enum(queryNames, { error: `one of ${queryNames.join(", ")}` }),
        days: z.number().int().min(1).max(36_500).optional(),
      })
      .refine(({ query, days }) => takesDays(query) === (days !== undefined), {
        path: ["days"],
        error: "given with old-keys and unused-keys, and only with them",
      })
      .describe("One of the queries that come with the server; the rule holds if it finds nothing."),
    z
      .strictObject({ kind: z.literal("report"), pointer, expect: expectation, servers })
      .describe(
        "A value of a server's report of itself. Where the deployment's facts have it, both must be equal.",
      ),
    z
      .strictObject({ kind: z.literal("fact"), pointer, expect: expectation, servers })
      .describe("A value of what the deployment wrote down of a server."),
    z
      .strictObject({ kind: z.literal("agreement"), pointer, servers })
      .describe("A value that a server's report and the deployment's facts must agree on."),
  ],
  { error: "a check of kind setting, query, report, fact or agreement" },
);

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]+$/, `one line of at most ${max} characters`);

/** One rule. Nothing in it reaches a shell, and no text of it becomes SQL. */
export const rule = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "lower-case words with dashes")
    .min(3)
    .max(50)
    .describe("Its name in results; no other rule has it."),
  name: line(200).describe("What holds, in one sentence."),
  severity: z
    .enum(severities, { error: `one of ${severities.join(", ")}` })
    .describe("A broken rule of severity low is a warning."),
  check,
  message: line(500).describe("What it means if the rule is broken."),
  remediation: z.strictObject({
    text: line(1000).describe("What mends it."),
    command: line(500).describe("The line to type, such as pulumi config set … .").optional(),
  }),
  reference: z.strictObject({
    source: line(100).describe("Benchmark or documentation, with its version."),
    section: line(20).describe("Number of the section or chapter."),
    title: line(200).describe("Its title."),
  }),
});

export type ComplianceRule = z.output<typeof rule>;
export type RuleCheck = ComplianceRule["check"];

/** Most rules of one file. */
export const maxRulesPerFile = 200;

/** A file of the rules folder. */
export const ruleFile = z.strictObject({
  rules: z
    .array(rule)
    .min(1)
    .max(maxRulesPerFile)
    .describe("The rules; those of other files stay in force if one is wrong."),
});

/** JSON Schema for editors: `# yaml-language-server: $schema=…` in a file of rules. */
export function ruleFileSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(ruleFile, { target: "draft-2020-12", io: "input" });
  return { $schema, title: "Rules of the compliance server", ...schema };
}
