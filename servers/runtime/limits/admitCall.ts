import type { Auditor } from "#servers/runtime/audit/auditor.ts";
import { eventOf } from "#servers/runtime/audit/callEvent.ts";
import type { CommonConfig } from "#servers/runtime/commonConfig.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { ToolCall } from "#servers/runtime/tool.ts";
import type { TokenBuckets } from "./tokenBuckets.ts";

export interface CallLimits {
  readonly buckets: TokenBuckets;
  /** `security.rateLimit` of the server. */
  readonly rate: CommonConfig["security"]["rateLimit"];
}

/**
 * Counts a call of one caller of one tool. What it is told if it calls too often; undefined if it may go on. Of a row
 * of refusals the first is recorded and logged, so that a flood does not go on in records.
 *
 * @param tool as the request's body names it
 */
export function admitCall(
  tool: string,
  call: ToolCall,
  { limits: { buckets, rate }, auditor, log }: { limits: CallLimits; auditor: Auditor; log: Log },
): string | undefined {
  if (!rate.enabled) return undefined;
  const { client } = call.caller;
  const refused = buckets.take(`${client} ${tool}`, rate);
  if (!refused) return undefined;
  const seconds = Math.max(1, Math.ceil(refused.retryMilliseconds / 1000));
  if (refused.first) {
    log.warn({ tool, client, requestId: call.requestId, retryAfterSeconds: seconds }, "too many calls");
    const event = eventOf(tool, call, { outcome: "denied", problem: "rate limit" });
    auditor
      .record(event, "soon")
      .catch((error: unknown) => log.error({ err: error }, "refusal not recorded"));
  }
  return (
    `Too many calls of ${tool}: ${rate.requestsPerMinute} per minute are allowed, ${rate.burst} at once. ` +
    `Try again in ${seconds} s.`
  );
}
