import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type Docker from "dockerode";
import { Fault } from "#model/fault.ts";

/** Where an engine is reached, and how that was decided. */
export interface DockerEndpoint {
  /** For `new Docker(options)`; complete, so that the library's own reading of DOCKER_HOST has no effect. */
  readonly options: Docker.DockerOptions;
  /** As the Docker client writes it: `unix:///…`, `tcp://…`, `ssh://…`. */
  readonly url: string;
  /** What decided: for people, such as "unix:///run/docker.sock (DOCKER_HOST)". */
  readonly describe: string;
  /** True if nothing points to an engine and the default socket is only assumed. */
  readonly assumed: boolean;
}

export interface DockerChoice {
  readonly host?: string | undefined;
  readonly context?: string | undefined;
}

interface Tls {
  readonly folder: string;
  readonly verify: boolean;
}

/**
 * Finds the engine in the order of the Docker client: the stack's `docker.context`, its `docker.host`,
 * DOCKER_HOST, DOCKER_CONTEXT, the current context of the client's configuration, the default socket.
 * Reads files below `~/.docker` (DOCKER_CONFIG), connects to nothing.
 *
 * @throws Fault ENGINE_UNREACHABLE if a named context does not exist or an address cannot be read.
 */
export function resolveDockerEndpoint(choice: DockerChoice, env: NodeJS.ProcessEnv): DockerEndpoint {
  if (set(choice.context)) return fromContext(choice.context, "docker.context of the stack", env);
  if (set(choice.host)) return endpoint(choice.host, "docker.host of the stack", environmentTls(env), env);
  if (set(env.DOCKER_HOST)) return endpoint(env.DOCKER_HOST, "DOCKER_HOST", environmentTls(env), env);
  if (set(env.DOCKER_CONTEXT)) return fromContext(env.DOCKER_CONTEXT, "DOCKER_CONTEXT", env);
  const current = currentContext(env);
  if (set(current)) return fromContext(current, "current Docker context", env);
  return { ...endpoint(defaultUrl(env), "default socket", undefined, env), assumed: true };
}

function set(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function home(env: NodeJS.ProcessEnv): string {
  return env.HOME ?? os.homedir();
}

function configFolder(env: NodeJS.ProcessEnv): string {
  return set(env.DOCKER_CONFIG) ? env.DOCKER_CONFIG : path.join(home(env), ".docker");
}

/** Docker Desktop keeps its socket in the home folder. */
function defaultUrl(env: NodeJS.ProcessEnv): string {
  const desktop = path.join(home(env), ".docker", "run", "docker.sock");
  return `unix://${fs.existsSync(desktop) ? desktop : "/var/run/docker.sock"}`;
}

function currentContext(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const text = fs.readFileSync(path.join(configFolder(env), "config.json"), "utf8");
    return (JSON.parse(text) as { currentContext?: string }).currentContext;
  } catch {
    return undefined;
  }
}

function fromContext(name: string, by: string, env: NodeJS.ProcessEnv): DockerEndpoint {
  if (name === "default") return endpoint(defaultUrl(env), `${by} "default"`, undefined, env);
  const id = createHash("sha256").update(name).digest("hex");
  const folder = path.join(configFolder(env), "contexts");
  let meta: { Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } };
  try {
    meta = JSON.parse(fs.readFileSync(path.join(folder, "meta", id, "meta.json"), "utf8")) as typeof meta;
  } catch (cause) {
    throw new Fault(
      {
        code: "ENGINE_UNREACHABLE",
        where: by,
        problem: `there is no Docker context "${name}"`,
        mend: "`docker context ls` lists the contexts; `docker context create` makes one",
      },
      { cause },
    );
  }
  const docker = meta.Endpoints?.docker;
  const tls = path.join(folder, "tls", id, "docker");
  const secured = fs.existsSync(tls) ? { folder: tls, verify: docker?.SkipTLSVerify !== true } : undefined;
  return endpoint(docker?.Host ?? defaultUrl(env), `${by} "${name}"`, secured, env);
}

function environmentTls(env: NodeJS.ProcessEnv): Tls | undefined {
  if (!set(env.DOCKER_TLS_VERIFY) && !set(env.DOCKER_TLS)) return undefined;
  const folder = set(env.DOCKER_CERT_PATH) ? env.DOCKER_CERT_PATH : configFolder(env);
  return { folder, verify: set(env.DOCKER_TLS_VERIFY) };
}

/** Every member is given, also as undefined: the library fills what is missing from DOCKER_HOST. */
const nothing = {
  socketPath: undefined,
  host: undefined,
  port: undefined,
  protocol: "http",
  username: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  pathPrefix: undefined,
};

function endpoint(url: string, by: string, tls: Tls | undefined, env: NodeJS.ProcessEnv): DockerEndpoint {
  const found = { url, describe: `${url} (${by})`, assumed: false };
  const options = (own: object) => ({ ...nothing, ...own }) as unknown as Docker.DockerOptions;
  if (url.startsWith("unix://")) return { ...found, options: options({ socketPath: url.slice(7) }) };
  if (url.startsWith("npipe://")) return { ...found, options: options({ socketPath: url.slice(8) }) };
  const parsed = parse(url, by);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  if (parsed.protocol === "ssh:") {
    const username = decodeURIComponent(parsed.username);
    return {
      ...found,
      options: options({
        protocol: "ssh",
        host,
        port: Number(parsed.port || 22),
        username: username === "" ? (env.USER ?? os.userInfo().username) : username,
        sshOptions: { agent: env.SSH_AUTH_SOCK },
      }),
    };
  }
  if (tls === undefined && parsed.protocol !== "https:") {
    return { ...found, options: options({ host, port: Number(parsed.port || 2375) }) };
  }
  const secured = { protocol: "https", host, port: Number(parsed.port || 2376) };
  return { ...found, options: options({ ...secured, ...material(tls) }) };
}

function parse(url: string, by: string): URL {
  try {
    const parsed = new URL(url.includes("://") ? url : `tcp://${url}`);
    if (["tcp:", "http:", "https:", "ssh:"].includes(parsed.protocol) && parsed.hostname !== "")
      return parsed;
  } catch {
    // Reported below, with the other addresses that cannot be used.
  }
  throw new Fault({
    code: "ENGINE_UNREACHABLE",
    where: by,
    problem: `"${url}" is not the address of a Docker engine`,
    mend: "use unix:///path, tcp://host:port or ssh://user@host",
  });
}

function material(tls: Tls | undefined): object {
  if (tls === undefined) return {};
  const read = (name: string) => {
    const file = path.join(tls.folder, name);
    return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  };
  const verified = tls.verify ? { ca: read("ca.pem") } : { checkServerIdentity: () => undefined };
  return { cert: read("cert.pem"), key: read("key.pem"), ...verified };
}
