import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ServerParts } from "#servers/runtime/runServer.ts";
import { stateFolder } from "#servers/runtime/stateFolder.ts";
import { createAlerter } from "./alerts/alerter.ts";
import type { Channel } from "./alerts/alert.ts";
import { Told } from "./alerts/told.ts";
import { openComplianceDatabase } from "./complianceDatabase.ts";
import { Fixes, scheduledRun } from "./fixes/fixes.ts";
import { makeReport, reportJson, reportMarkdown } from "./reports/report.ts";
import type { Report } from "./reports/report.ts";
import { writeReport } from "./reports/writeReport.ts";
import { RuleBook } from "./ruleBook/ruleBook.ts";
import { complianceRun } from "./runs/complianceRun.ts";
import { overallScore, readResults, readScores } from "./runs/readResults.ts";
import type { RunResult } from "./runs/runResult.ts";
import { keepScheduled } from "./runs/schedule.ts";
import { decideFix } from "./tools/decideFix.ts";
import { generateReport } from "./tools/generateReport.ts";
import { getResults } from "./tools/getResults.ts";
import { getScore } from "./tools/getScore.ts";
import { listFixes } from "./tools/listFixes.ts";
import { listRules } from "./tools/listRules.ts";
import { proposeFix } from "./tools/proposeFix.ts";
import { runChecks } from "./tools/runChecks.ts";

export interface ComplianceContext {
  readonly log: Log;
  /** The server's own folder. */
  readonly state: string;
  /** Login that runs approved fixes. */
  readonly fixer: Login;
  readonly channels: readonly Channel[];
}

/** Results that a report has at most. */
const mostReported = 5000;

/** One version of the files at work: tools, schedule, alerts. */
export function openCompliance(
  { config, login, logging, metrics: { sampleInterval } }: Loaded<ComplianceFile>,
  { log, state, fixer, channels }: ComplianceContext,
): ServerParts & { endSchedule(): void } {
  const { compliance } = config;
  const database = openComplianceDatabase(config, login);
  const book = new RuleBook(stateFolder(state, compliance.rulesPath), log);
  const fixes = new Fixes(config, database, book, fixer);
  const reports = stateFolder(state, compliance.reportsPath);
  const context = { compliance, sampleInterval, database, book };
  const alerter = createAlerter(channels, {
    threshold: compliance.alertThreshold,
    stack: `kilocode-mcp (${logging.fields.environment})`,
    told: new Told(`${state}/alerts.json`),
    log,
  });

  const report = async (): Promise<Report> => {
    const { rules, faults } = await book.current();
    const scores = await readScores(database.pool);
    return makeReport(scores, await readResults(database.pool, { limit: mostReported }), rules, faults);
  };

  const scheduled = async (signal: AbortSignal): Promise<boolean> => {
    const run = await complianceRun(context, { client: null, signal });
    if (!run) return false;
    log.info({ run: run.id, results: run.results.length }, "scheduled run");
    if (compliance.autoFix) await proposeAll(fixes, run, log);
    const alerted = alerter.consider(run);
    const latest = await report();
    await writeReport(reports, "latest.json", reportJson(latest));
    await writeReport(reports, "latest.md", reportMarkdown(latest));
    await alerted;
    return true;
  };
  const endSchedule = keepScheduled({
    interval: compliance.checkInterval,
    lastRun: async () => {
      const times = (await readScores(database.pool)).map(({ at }) => at.getTime());
      return times.length === 0 ? undefined : new Date(Math.max(...times));
    },
    run: scheduled,
    log,
  });

  return {
    tools: [
      listRules(book),
      runChecks(context, (run) => void alerter.consider(run)),
      getResults(database),
      getScore(database),
      proposeFix(context, fixes),
      listFixes(fixes),
      ...decideFix(fixes),
      generateReport(report, reports, compliance.reportsPath),
    ],
    async measure() {
      const score = overallScore(await readScores(database.pool));
      const measured: Record<string, number> = score === undefined ? {} : { compliance_score: score };
      return measured;
    },
    endSchedule,
    async close() {
      endSchedule();
      alerter.close();
      book.close();
      await Promise.all([fixes.close(), database.close()]);
    },
  };
}

/** What a scheduled run proposes by itself; a failure of one ends no other. */
async function proposeAll(fixes: Fixes, run: RunResult, log: Log): Promise<void> {
  for (const { rule, findings } of run.results) {
    if (findings.length === 0) continue;
    try {
      const proposed = await fixes.propose(rule, findings, scheduledRun);
      if (proposed.length > 0) log.info({ rule: rule.id, proposed: proposed.length }, "fixes proposed");
    } catch (error) {
      log.warn({ rule: rule.id, err: error }, "no fix could be proposed");
    }
  }
}
