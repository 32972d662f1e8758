import { Fault } from "#model/fault.ts";
import type { StackAccess } from "./material.ts";

/** The outputs of a stack that concern its clients, decrypted. */
export interface StackOutputs {
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly caCertificate?: string;
  readonly apiKeys?: Readonly<Record<string, string>>;
  /** Client to the servers that it may use. */
  readonly clients?: Readonly<Record<string, Readonly<Record<string, ClientServer>>>>;
}

export interface ClientServer {
  readonly url: string;
  /** Tools that the stack lets a client call without asking; default: those that only read. */
  readonly alwaysAllow?: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A client of a stack, with what its user needs to reach the servers. */
export interface StackClient {
  readonly name: string;
  readonly servers: Readonly<Record<string, ClientServer>>;
  readonly access: StackAccess;
}

const defaultClient = "default";

/**
 * @param wanted name of the client; without one `default`, or the only one that there is
 * @throws Fault CONNECT_NO_STACK if the stack is not up, CONNECT_CLIENT if there is no such client
 */
export function clientOf(outputs: StackOutputs, stack: string, wanted: string | undefined): StackClient {
  const { endpoints, caCertificate: ca, apiKeys, clients } = outputs;
  if (endpoints === undefined || ca === undefined || apiKeys === undefined || clients === undefined) {
    throw new Fault({
      code: "CONNECT_NO_STACK",
      where: `stack ${stack}`,
      problem: "the stack has no outputs: it was never brought up, or is down",
      mend: `run \`npm run up${stack === "dev" ? "" : ` -- --stack ${stack}`}\` first`,
    });
  }
  const names = Object.keys(clients);
  const name = wanted ?? (names.length === 1 ? names[0]! : defaultClient);
  const key = Object.hasOwn(apiKeys, name) ? apiKeys[name] : undefined;
  if (!names.includes(name) || key === undefined) {
    throw new Fault({
      code: "CONNECT_CLIENT",
      where: `stack ${stack}`,
      problem: `there is no client \`${name}\`; the stack has ${names.map((each) => `\`${each}\``).join(", ") || "none"}`,
      mend: `choose one with --client, or add it: \`npm run pulumi -- config set --stack ${stack} --path clients.${name}.role user\`, then \`npm run up\``,
    });
  }
  const servers = clients[name]!;
  if (Object.keys(servers).length === 0) {
    throw new Fault({
      code: "CONNECT_CLIENT",
      where: `stack ${stack}, client ${name}`,
      problem: "the client may use no server",
      mend: `give it servers: \`npm run pulumi -- config set --stack ${stack} --path 'clients.${name}.servers[0]' postgres\`, then \`npm run up\``,
    });
  }
  return { name, servers, access: { endpoints, ca, keys: { [name]: key } } };
}
