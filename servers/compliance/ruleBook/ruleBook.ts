import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { grantLines } from "#model/access/matrix.ts";
import type { ComplianceRule } from "#model/compliance/ruleFile.ts";
import type { Log } from "#servers/runtime/log.ts";
import { parseRuleFile } from "./parseRuleFile.ts";
import type { RuleFault } from "./parseRuleFile.ts";
import { folderSignature, readRuleFolder } from "./readRuleFolder.ts";
import type { RuleText } from "./readRuleFolder.ts";

/** A rule in force. */
export interface KnownRule extends ComplianceRule {
  readonly file: string;
  /** Whether it came with the server or lies in the rules folder. */
  readonly origin: "shipped" | "folder";
  /** SHA-256 of all that decides what the rule finds. */
  readonly hash: string;
}

export interface RuleSet {
  readonly rules: readonly KnownRule[];
  /** Files of the folder that are not in force. */
  readonly faults: readonly RuleFault[];
}

const pollMilliseconds = 2000;
const shippedFolder = new URL("../rules/", import.meta.url);

/** The shipped rules. @throws Error if one of them is wrong, which a test rules out */
export function shippedRules(): KnownRule[] {
  const { rules, faults } = collect("shipped", readShipped(), []);
  if (faults.length > 0) throw new Error(`shipped rules: ${JSON.stringify(faults[0])}`);
  return rules;
}

function readShipped(): RuleText[] {
  const names = readdirSync(shippedFolder).filter((name) => name.endsWith(".yaml"));
  return names.sort().map((file) => ({ file, text: readFileSync(new URL(file, shippedFolder), "utf8") }));
}

/** The rules in force: the shipped ones and those of a folder, read again when the folder has changed. */
export class RuleBook {
  readonly #folder: string;
  readonly #log: Log;
  readonly #shipped = shippedRules();
  readonly #timer: NodeJS.Timeout;
  #seen: string | undefined;
  #set: RuleSet;
  #reading: Promise<void> | undefined;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
    this.#set = { rules: this.#shipped, faults: [] };
    this.#timer = setInterval(() => void this.current(), pollMilliseconds).unref();
  }

  /** Looks whether the folder has changed before it answers. */
  async current(): Promise<RuleSet> {
    this.#reading ??= this.#look().finally(() => (this.#reading = undefined));
    await this.#reading;
    return this.#set;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const signature = await folderSignature(this.#folder);
      if (signature === this.#seen) return;
      const { rules, faults } = collect("folder", await readRuleFolder(this.#folder), this.#shipped);
      this.#set = { rules: [...this.#shipped, ...rules], faults };
      this.#seen = signature;
      this.#log.info({ rules: this.#set.rules.length, faults: faults.length }, "rules in force");
      for (const fault of faults) this.#log.warn({ ...fault }, "a file of rules is not in force");
    } catch (error) {
      // Files may come and go while they are listed; the next look finds them.
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      const problem = `the folder cannot be read (${code ?? "unreadable"})`;
      this.#set = { rules: this.#shipped, faults: [{ file: ".", line: null, pointer: "", problem }] };
      if (this.#seen !== problem) this.#log.error({ problem }, "the rules folder is not in force");
      this.#seen = problem;
    }
  }
}

function collect(
  origin: KnownRule["origin"],
  texts: readonly RuleText[],
  before: readonly KnownRule[],
): { rules: KnownRule[]; faults: RuleFault[] } {
  const rules: KnownRule[] = [];
  const faults: RuleFault[] = [];
  const taken = new Map(before.map((rule) => [rule.id, rule]));
  for (const { file, text, problem } of texts) {
    if (text === undefined) {
      faults.push({ file, line: null, pointer: "", problem: problem ?? "cannot be read" });
      continue;
    }
    const parsed = parseRuleFile(file, text);
    const ids = parsed.rules.map(({ id }) => id);
    const twice = parsed.rules.flatMap(({ id }, index): RuleFault[] => {
      const other = taken.get(id)?.file ?? (ids.indexOf(id) < index ? file : undefined);
      const pointer = `/rules/${index}/id`;
      return other === undefined
        ? []
        : [{ file, line: null, pointer, problem: `${id} is the id of a rule in ${other}` }];
    });
    faults.push(...parsed.faults, ...twice);
    if (parsed.faults.length + twice.length > 0) continue;
    for (const rule of parsed.rules) {
      const known = { ...rule, file, origin, hash: hashOf(rule) };
      taken.set(rule.id, known);
      rules.push(known);
    }
  }
  return { rules, faults };
}

/** The access matrix decides what a surplus grant is, so it is a part of such a rule. */
function hashOf(rule: ComplianceRule): string {
  const matrix = rule.check.kind === "query" && rule.check.query.endsWith("-grants") ? grantLines() : null;
  return createHash("sha256")
    .update(JSON.stringify([rule, matrix]))
    .digest("hex");
}
