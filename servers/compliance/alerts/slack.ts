import type { Channel } from "./alert.ts";

export const webhookForm = "https://host/path (http only to this machine)";

/** Undefined if the text is no such address. */
export function readWebhook(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && local) ? url : undefined;
}

/** The address is the secret, so no error of this channel quotes it. */
class WebhookRefused extends Error {
  readonly code: string;

  constructor(code: string) {
    super("the webhook did not take the alert");
    this.name = "WebhookRefused";
    this.code = code;
  }
}

/** Sends to a webhook in Slack's form, which others take, too. */
export function slackChannel(url: URL): Channel {
  return {
    name: "slack",
    async send({ subject, text }, signal) {
      let response: Response;
      try {
        response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ text: escape(`*${subject}*\n${text}`) }),
          // A redirect would take the alert somewhere else.
          redirect: "error",
          signal,
        });
      } catch {
        throw new WebhookRefused(signal.aborted ? "TIMEOUT" : "UNREACHABLE");
      }
      await response.body?.cancel();
      if (!response.ok) throw new WebhookRefused(`HTTP_${response.status}`);
    },
  };
}

/** Slack's own characters, so that no rule's text becomes a link or a mention. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
