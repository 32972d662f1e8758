import { buildFiles } from "#model/files/build.ts";
import type { Effective, Proof } from "#model/files/effects/effect.ts";
import { furtherRows, specifiedRows, type KeyRow, type Rendered } from "#model/files/effects/keyTable.ts";
import { fileFacts } from "#model/files/facts.ts";
import { fileKeys, fileName } from "#model/files/schema/files.ts";
import { postgresConfiguration } from "#model/postgres/configuration.ts";
import { complete } from "#settings/defaults.ts";

const states = ["effective", "planned", "without effect"] as const;

/** What a stack `prod` of all four servers renders when nothing else is set. */
export function renderedByDefault(version: string): Rendered {
  const on = { enabled: true };
  const servers = { filesystem: on, postgres: on, memory: on, compliance: on };
  const settings = complete({ environment: "prod", servers }, "kilocode-mcp", "prod");
  return {
    files: buildFiles(fileFacts(settings, version)),
    postgresql: settingsIn(postgresConfiguration(settings.postgres).conf),
  };
}

function settingsIn(conf: string): Record<string, string> {
  return Object.fromEntries([...conf.matchAll(/^(\S+) = (.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

/** docs/configuration.md: what every key of every file means, and what is known of its effect. */
export function configurationPage(version: string): string {
  const rendered = renderedByDefault(version);
  const specified = specifiedRows(rendered);
  const further = furtherRows(rendered);
  const proofs = new Proofs([...specified, ...further]);
  const files = [...fileKeys, "postgresql.conf" as const];
  const of = (rows: readonly KeyRow[], file: KeyRow["file"]) => rows.filter((row) => row.file === file);
  return `${[
    ...introduction,
    ...counts(specified, files),
    ...files.flatMap((file) => [
      `## ${nameOf(file)}`,
      "",
      ...table(of(specified, file), proofs),
      ...(of(further, file).length > 0 ? ["Keys that the specification does not have:", ""] : []),
      ...(of(further, file).length > 0 ? table(of(further, file), proofs) : []),
    ]),
    ...proofs.section(),
  ].join("\n")}\n`;
}

const introduction = [
  "# Configuration keys",
  "",
  "Every key of the files that a stack renders. Generated from the schemas (`model/files/schema/`), from where each",
  "value comes from (`model/files/`) and from what is known of its effect (`model/files/effects/`) by `npm run check`;",
  "a test compares each claim with the code.",
  "",
  "- **Default**: what a stack `prod` with all four servers renders. `${secret:…}` is put in where the file is written.",
  "- **Specification**: the value there, and why it is not the default; *same* where it is.",
  "- **Set by**: the key for `pulumi config set --path`; for a value that follows from something else, the key that",
  "  changes it.",
  "- **Changes**: *live*: the file is replaced in one step, servers take it up within two seconds, nothing restarts.",
  "  *restart*: PostgreSQL is restarted once, and the preview says so. *fixed*: nothing changes it.",
  "- **State**: *effective*: the code named obeys it, and the test (T…, listed at the end) proves it. *planned*: checked",
  "  and rendered; nothing obeys it yet, and `npm run validate` says so when you set it. *without effect*: nothing will.",
  "  A key that is a copy of another has the state of that one.",
  "",
];

function counts(rows: readonly KeyRow[], files: readonly KeyRow["file"][]): string[] {
  const line = (name: string, own: readonly KeyRow[]) => {
    const numbers = states.map((state) => own.filter(({ effect }) => effect?.state === state).length);
    const unaccounted = own.filter(({ effect }) => effect === undefined).length;
    return `| ${[name, own.length, ...numbers, unaccounted].join(" | ")} |`;
  };
  return [
    `| file | keys | ${states.join(" | ")} | unaccounted |`,
    "|---|---:|---:|---:|---:|---:|",
    ...files.map((file) =>
      line(
        `[${nameOf(file)}](#${anchor(nameOf(file))})`,
        rows.filter((row) => row.file === file),
      ),
    ),
    line("**all keys of the specification**", rows),
    "",
  ];
}

function table(rows: readonly KeyRow[], proofs: Proofs): string[] {
  return [
    "| Key | Meaning | Default | Specification | Set by | Changes | Honoured by | State |",
    "|---|---|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${cells(row, proofs).map(cell).join(" | ")} |`),
    "",
  ];
}

function cells(row: KeyRow, proofs: Proofs): string[] {
  const { effect } = row;
  return [
    code(row.key),
    row.unit === undefined ? row.meaning : `${row.meaning} (${row.unit})`,
    row.default === undefined ? "–" : code(row.default),
    specification(row),
    row.setting === undefined ? "–" : code(row.setting),
    row.reason === undefined ? row.change : `fixed: ${row.reason}`,
    honouredBy(row),
    effect === undefined ? "unaccounted" : stateOf(effect, proofs),
  ];
}

function specification({ specified, difference }: KeyRow): string {
  if (specified === undefined) return "–";
  return difference === undefined ? "same" : `${code(specified)}; here: ${difference}`;
}

function honouredBy({ effect, source }: KeyRow): string {
  if (source !== undefined) return `as ${code(source)}`;
  if (effect?.state !== "effective") return "–";
  return `[${effect.module.split("/").at(-1) ?? ""}](../${effect.module}): ${code(effect.reads)}`;
}

function stateOf(effect: NonNullable<KeyRow["effect"]>, proofs: Proofs): string {
  if (effect.state === "effective") return `effective, ${proofs.link(effect)}`;
  return effect.state === "planned"
    ? `planned: comes with ${effect.part}`
    : `without effect: ${effect.reason}`;
}

/** The tests, numbered in the order in which keys need them. */
class Proofs {
  readonly #keys = new Map<Proof, number>();

  constructor(rows: readonly KeyRow[]) {
    for (const { effect } of rows) {
      if (effect?.state !== "effective") continue;
      this.#keys.set(effect.proof, (this.#keys.get(effect.proof) ?? 0) + 1);
    }
  }

  link({ proof }: Effective): string {
    const number = [...this.#keys.keys()].indexOf(proof) + 1;
    return `[T${String(number)}](#tests)`;
  }

  section(): string[] {
    return [
      "## Tests",
      "",
      "| | Test | File | Keys |",
      "|---|---|---|---:|",
      ...[...this.#keys].map(
        ([{ file, test }, keys], index) =>
          `| T${String(index + 1)} | ${cell(test)} | [${file}](../${file}) | ${String(keys)} |`,
      ),
    ];
  }
}

function nameOf(file: KeyRow["file"]): string {
  return file === "postgresql.conf" ? file : fileName(file);
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");
}

/** Code in Markdown, whatever it holds. */
function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  const pad = text.startsWith("`") || text.endsWith("`") || text === "" ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
