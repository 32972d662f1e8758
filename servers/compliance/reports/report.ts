import type { RuleFault } from "../ruleBook/parseRuleFile.ts";
import type { KnownRule } from "../ruleBook/ruleBook.ts";
import { overallScore } from "../runs/readResults.ts";
import type { ServerScore, StoredResult } from "../runs/readResults.ts";

/** The state of the deployment by its latest results. */
export interface Report {
  readonly at: string;
  /** Per cent of the latest results that passed; null before the first run. */
  readonly score: number | null;
  readonly servers: readonly (Omit<ServerScore, "at"> & { readonly at: string })[];
  readonly results: readonly ReportedResult[];
  /** Files of rules that are not in force. */
  readonly ruleFaults: readonly RuleFault[];
}

interface ReportedResult extends Omit<StoredResult, "at"> {
  readonly at: string;
  readonly severity: string | null;
  readonly reference: KnownRule["reference"] | null;
}

export function makeReport(
  scores: readonly ServerScore[],
  results: readonly StoredResult[],
  rules: readonly KnownRule[],
  ruleFaults: readonly RuleFault[],
  at: Date = new Date(),
): Report {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return {
    at: at.toISOString(),
    score: overallScore(scores) ?? null,
    servers: scores.map((score) => ({ ...score, at: score.at.toISOString() })),
    // A rule that is gone keeps its last result.
    results: results.map((result) => {
      const rule = byId.get(result.rule);
      return {
        ...result,
        at: result.at.toISOString(),
        severity: rule?.severity ?? null,
        reference: rule?.reference ?? null,
      };
    }),
    ruleFaults,
  };
}

export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

const titles = {
  failed: "Failed",
  error: "Not judged",
  warning: "Warnings",
  passed: "Passed",
} as const;

export function reportMarkdown(report: Report): string {
  const score = report.score === null ? "none yet" : `${report.score} %`;
  const lines = [
    "# Compliance report",
    "",
    `Made at ${report.at}. Score: ${score}.`,
    "",
    "| server | score | passed | failed | warnings | not judged | last check |",
    "|---|---|---|---|---|---|---|",
    ...report.servers.map(
      (server) =>
        `| ${cell(server.server)} | ${server.score} % | ${server.passed} | ${server.failed} | ${server.warning} | ${server.error} | ${server.at} |`,
    ),
    "",
  ];
  if (report.ruleFaults.length > 0) {
    lines.push(
      "## Rules that are not in force",
      "",
      "| file | line | where | problem |",
      "|---|---|---|---|",
    );
    for (const { file, line, pointer, problem } of report.ruleFaults)
      lines.push(`| ${cell(file)} | ${line ?? ""} | ${cell(pointer)} | ${cell(problem)} |`);
    lines.push("");
  }
  for (const [status, title] of Object.entries(titles)) {
    const own = report.results.filter((result) => result.status === status);
    if (own.length === 0) continue;
    const mend = status === "failed" || status === "warning";
    lines.push(`## ${title} (${own.length})`, "");
    lines.push(`| rule | server | severity | what was found |${mend ? " what mends it |" : ""} reference |`);
    lines.push(`|---|---|---|---|${mend ? "---|" : ""}---|`);
    for (const result of own) {
      const mending = mend ? ` ${cell(mendOf(result))} |` : "";
      lines.push(
        `| ${cell(`${result.rule}: ${result.name}`)} | ${cell(result.server)} | ${result.severity ?? ""} | ${cell(result.message)} |${mending} ${cell(referenceOf(result))} |`,
      );
    }
    lines.push("");
  }
  return lines.join("\n");
}

function mendOf({ description, command }: ReportedResult): string {
  return [description ?? "", ...(command === null ? [] : [command])].join(" ");
}

function referenceOf({ reference }: ReportedResult): string {
  return reference === null ? "" : `${reference.source}, ${reference.section} ${reference.title}`;
}

/** Rules are other people's text: none of it becomes a table, a link or HTML. */
function cell(text: string): string {
  return text.replaceAll(/[\n\r]+/g, " ").replaceAll(/[\\`*_[\]<>|#~]/g, String.raw`\$&`);
}
