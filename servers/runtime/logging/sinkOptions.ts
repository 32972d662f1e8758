import { rootCertificates } from "node:tls";
import { syslogFacilities } from "#model/files/schema/logging.ts";
import type { LoggingConfig } from "#servers/runtime/commonConfig.ts";
import type { FilesVersion } from "#servers/runtime/filesVersion.ts";

/** A further destination of log lines, with everything that a worker needs to reach it. */
export type SinkOptions =
  | {
      readonly kind: "syslog";
      readonly host: string;
      readonly port: number;
      readonly facility: number;
      readonly protocol: "udp" | "tcp";
      /** Name of the program in each line. */
      readonly app: string;
    }
  | {
      readonly kind: "logstash";
      readonly host: string;
      readonly port: number;
      readonly index: string;
      /** PEM bundle that must have signed its certificate; without one the connection has no TLS. */
      readonly ca: string | undefined;
    }
  | {
      readonly kind: "elasticsearch";
      readonly nodes: readonly string[];
      readonly index: string;
      readonly username: string;
      readonly password: string;
      /** PEM certificates that may have signed theirs. */
      readonly ca: readonly string[];
    };

const stackAuthorities = "/etc/ssl/kilocode/ca.crt";

/** Codes of RFC 5424. The configuration lists facilities in their order, but for 12 to 15, which have no name there. */
function facilityCode(name: LoggingConfig["syslog"]["facility"]): number {
  const place = syslogFacilities.indexOf(name);
  return place < 12 ? place : place + 4;
}

/**
 * The sinks that are switched on.
 *
 * @throws FileRefused for a bundle or a password that cannot be read
 */
export async function readSinks(
  files: FilesVersion,
  server: string,
  logging: LoggingConfig,
): Promise<readonly SinkOptions[]> {
  const { syslog, logstash, elasticsearch } = logging;
  const sinks: SinkOptions[] = [];
  if (!logging.enabled) return sinks;
  if (syslog.enabled) {
    const { host, port, protocol } = syslog;
    const facility = facilityCode(syslog.facility);
    sinks.push({ kind: "syslog", host, port, protocol, facility, app: `kilocode-${server}` });
  }
  if (logstash.enabled) {
    const { host, port, index, ssl } = logstash;
    const ca = ssl.enabled ? await files.read(ssl.caCert) : undefined;
    sinks.push({ kind: "logstash", host, port, index, ca });
  }
  if (elasticsearch.enabled) {
    const { hosts, index, auth } = elasticsearch;
    const own = await files.readOptional(stackAuthorities);
    sinks.push({
      kind: "elasticsearch",
      nodes: hosts.map((host) => (/^https?:/.test(host) ? host : `http://${host}`)),
      index,
      username: auth.username,
      password: await files.secret(auth.password),
      // A cluster of the company's, or one out there with a certificate that every program trusts.
      ca: [...(own === undefined ? [] : [own]), ...rootCertificates],
    });
  }
  return sinks;
}
