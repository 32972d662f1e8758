import { rootCertificates } from "node:tls";
import { createTransport } from "nodemailer";
import type { Channel } from "./alert.ts";

const stepMilliseconds = 5000;

/** Said of a secret that is no address; it holds nothing of it. */
export const emailForm =
  "smtps://user:password@host:port?from=sender@example.com&to=one@example.com,two@example.com";

interface Mailbox {
  readonly url: URL;
  readonly from: string;
  readonly to: readonly string[];
}

/** Undefined if the text is not of the form above, with scheme smtp or smtps; user and password may be missing. */
export function readMailbox(text: string): Mailbox | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const from = url.searchParams.get("from") ?? "";
  const to = (url.searchParams.get("to") ?? "").split(",").filter((address) => address !== "");
  const isAddress = (address: string) => /^[^\s<>,;:"@]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(address);
  const fits =
    /^smtps?:$/.test(url.protocol) && url.hostname !== "" && to.length > 0 && [from, ...to].every(isAddress);
  return fits ? { url, from, to } : undefined;
}

/**
 * Sends by SMTP: with TLS from the start (smtps), or by STARTTLS, without which no password is sent.
 *
 * @param ca bundle that may have signed the mail server's certificate, beside the public authorities
 */
export function emailChannel({ url, from, to }: Mailbox, ca: string): Channel {
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const port = url.port === "" ? (secure ? 465 : 587) : Number(url.port);
  return {
    name: "email",
    async send({ subject, text }, signal) {
      const transport = createTransport({
        host: url.hostname,
        port,
        secure,
        requireTLS: !secure && user !== "",
        ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
        tls: { ca: [...rootCertificates, ca], minVersion: "TLSv1.2" },
        connectionTimeout: stepMilliseconds,
        greetingTimeout: stepMilliseconds,
        socketTimeout: stepMilliseconds,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const end = (): void => transport.close();
      signal.addEventListener("abort", end, { once: true });
      try {
        await transport.sendMail({ from, to: [...to], subject, text });
      } finally {
        signal.removeEventListener("abort", end);
        end();
      }
    },
  };
}
