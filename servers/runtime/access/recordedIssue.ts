import type { IncomingMessage } from "node:http";
import { SpoolFull } from "#servers/runtime/audit/auditor.ts";
import type { AuditEvent, Auditor } from "#servers/runtime/audit/auditor.ts";
import type { ClientAddress } from "./clientAddress.ts";
import { oauthError } from "./oauthAnswer.ts";
import type { Issued } from "./tokenEndpoint.ts";

/**
 * Exchanges with a record that is safe before the answer: tokens given, and attempts with a wrong key or refresh
 * token. Where nothing can be recorded nothing is exchanged, so that no refresh token is used up for it.
 */
export async function recordedIssue(
  { headers }: Pick<IncomingMessage, "headers">,
  { address }: ClientAddress,
  auditor: Pick<Auditor, "reserve" | "record">,
  issue: () => Promise<Issued>,
): Promise<Issued> {
  try {
    const room = auditor.reserve();
    try {
      const issued = await issue();
      const outcome = outcomeOf(issued);
      if (outcome === undefined) return issued;
      const { answer, grant, caller, reason } = issued;
      const event: AuditEvent = {
        action: "token",
        resourceType: "token",
        client: caller?.client,
        outcome,
        address,
        userAgent: headers["user-agent"],
        request: { grant },
        response: { status: answer.status, ...(caller && { keyId: caller.keyId }) },
        problem: reason,
      };
      // Failures get no room that is kept for what is done.
      await (outcome === "success" ? room : auditor).record(event, "before-answer");
      return issued;
    } finally {
      room.release();
    }
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    const answer = oauthError(503, "temporarily_unavailable", error.message, { "retry-after": "10" });
    return { answer, grant: undefined, reason: "nothing can be recorded" };
  }
}

/** Undefined for what says nothing about a caller: a body that cannot be read, a wait, a database that is away. */
function outcomeOf({ answer, reason }: Issued): AuditEvent["outcome"] | undefined {
  if (reason === undefined) return "success";
  if (answer.status === 403) return "denied";
  const wrong = answer.status === 401 || answer.body["error"] === "invalid_grant";
  return wrong ? "failed" : undefined;
}
