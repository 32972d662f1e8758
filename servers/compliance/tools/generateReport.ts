import { z } from "zod";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { inToolWords } from "../databaseFailure.ts";
import { reportJson, reportMarkdown } from "../reports/report.ts";
import type { Report } from "../reports/report.ts";
import { removeOldReports, reportName, writeReport } from "../reports/writeReport.ts";

const output = z.object({
  format: z.enum(["json", "markdown"]),
  path: z.string().describe("Where it was written, in the server's container."),
  content: z.string(),
});

const extensions = { json: "json", markdown: "md" } as const;

/**
 * @param folder where reports lie
 * @param configured its name in the configuration, which is the one in the container
 */
export function generateReport(make: () => Promise<Report>, folder: string, configured: string): AnyTool {
  return defineTool({
    name: "generate_report",
    title: "Write a report",
    description: "Writes a report of the latest results into the reports folder and answers it.",
    permission: "write",
    audit: { record: ["format"] },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input: z.object({ format: z.enum(["json", "markdown"]) }),
    output,
    async run({ format }) {
      const report = await inToolWords(make);
      const content = format === "json" ? reportJson(report) : reportMarkdown(report);
      const name = reportName(new Date(report.at), extensions[format]);
      try {
        await writeReport(folder, name, content);
        await removeOldReports(folder, extensions[format]);
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
        throw new ToolError(
          "report_not_written",
          `The report could not be written to ${configured} (${code}). See that the server's state volume is there and has room.`,
          { cause },
        );
      }
      return { format, path: `${configured}/${name}`, content };
    },
  });
}
