import type { IncomingMessage } from "node:http";
import type { Refusal } from "#servers/runtime/refusal.ts";
import { SpoolFull } from "./auditor.ts";
import type { AuditEvent, Auditor } from "./auditor.ts";

export interface RefusedRequest {
  readonly refusal: Refusal;
  /** Why, in our words. */
  readonly reason: string;
  /** The client, where its key is valid. */
  readonly client?: string | undefined;
  readonly requestId?: string | undefined;
  /** A refusal that is recorded although its status would not say so. */
  readonly denied?: boolean;
  /** The peer's address. */
  readonly address?: string | undefined;
}

/**
 * Records that a request was refused before it came to a tool: 401 as a failed `authenticate`, 403 as a denied
 * `request`. What says nothing about the caller (503, a body that is no JSON) is in the log alone, and so is a wait that
 * was imposed for failures that are recorded. Resolves when the record is safe, with the refusal to send: 503 when it
 * cannot be kept.
 */
export async function recordRefusal(
  { headers }: Pick<IncomingMessage, "headers">,
  { refusal, reason, client, requestId, address, denied = refusal.status === 403 }: RefusedRequest,
  auditor: Auditor,
): Promise<Refusal> {
  const failed = refusal.status === 401;
  if (!failed && !denied) return refusal;
  const event: AuditEvent = {
    action: failed ? "authenticate" : "request",
    resourceType: "server",
    client,
    outcome: failed ? "failed" : "denied",
    address,
    userAgent: headers["user-agent"],
    response: { status: refusal.status, ...(requestId === undefined ? {} : { requestId }) },
    problem: reason,
  };
  try {
    await auditor.record(event, failed ? "before-answer" : "soon");
    return refusal;
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    return { status: 503, message: error.message, headers: { "retry-after": "10" } };
  }
}
