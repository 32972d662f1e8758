/** Writes what is derived from code: the files of schemas/, docs/errors.md and docs/configuration.md. `--check` only compares. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { faultCatalog } from "#model/fault.ts";
import { jsonSchemaOf, stackSchemaOf } from "#model/files/jsonSchema.ts";
import { fileKeys } from "#model/files/schema/files.ts";
import { stackConfig } from "#settings/schema.ts";
import { configurationPage } from "./configurationPage.ts";
import { ruleFileSchema } from "#model/compliance/ruleFile.ts";
import { rulesPage } from "./rulesPage.ts";

const root = new URL("..", import.meta.url);
const namespace = "kilocode-mcp";
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };

/** A stack file for editors: keys carry the project's name, and a secret is an encrypted text. */
export function stackFileSchema(): object {
  const { $schema, properties } = z.toJSONSchema(stackConfig, { io: "input", target: "draft-7" });
  const keys = Object.entries(properties ?? {}).map(([key, schema]) => [`${namespace}:${key}`, schema]);
  const secret = { type: "object", required: ["secure"], properties: { secure: { type: "string" } } };
  return {
    $schema,
    title: "Pulumi.<stack>.yaml of kilocode-mcp",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          ...Object.fromEntries(keys),
          [`${namespace}:files`]: {
            type: "object",
            description: "Keys of rendered files that do not follow from other settings.",
            properties: Object.fromEntries(fileKeys.map((file) => [file, stackSchemaOf(file)])),
            additionalProperties: false,
          },
          [`${namespace}:secrets`]: { type: "object", additionalProperties: secret },
        },
        // Settings of providers; any other key of our namespace is a mistake.
        patternProperties: { [`^(?!${namespace}:)[^:]+:.+$`]: true },
        additionalProperties: false,
      },
    },
  };
}

export function errorsPage(): string {
  const rows = Object.entries(faultCatalog).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const head = [
    "# Errors",
    "",
    "Every refusal begins with one of these codes, says what is wrong and where, and ends with what to do.",
    "Generated from `model/fault.ts` by `npm run check`.",
    "",
    "| code | meaning |",
    "|---|---|",
  ];
  return [...head, ...rows, ""].join("\n");
}

const files = {
  "schemas/stack.schema.json": () => `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
  "schemas/compliance-rule.schema.json": () => `${JSON.stringify(ruleFileSchema(), null, 2)}\n`,
  "docs/errors.md": errorsPage,
  "docs/rules.md": rulesPage,
  "docs/configuration.md": () => configurationPage(manifest.version),
  ...Object.fromEntries(
    fileKeys.map((file) => [
      `schemas/${file}.schema.json`,
      () => `${JSON.stringify(jsonSchemaOf(file), null, 2)}\n`,
    ]),
  ),
};

function main(checkOnly: boolean): void {
  for (const [path, render] of Object.entries(files)) {
    const file = new URL(path, root);
    const text = render();
    if (!checkOnly) {
      mkdirSync(new URL(".", file), { recursive: true });
      writeFileSync(file, text);
    } else if (readFileSync(file, "utf8") !== text) {
      console.error(`${path} is out of date; run: node scripts/generate.ts`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes("--check"));
