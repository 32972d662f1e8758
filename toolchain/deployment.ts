import { pulumiCapture, type Session } from "./session.ts";

/** What the state says about a stack; nothing secret is read. */
export interface Deployment {
  /** Resources in the state, the stack itself and providers apart. */
  readonly resources: number;
  readonly protectedResources: number;
  /** Operations that an interrupted run left undecided. */
  readonly pending: readonly string[];
  /** Docker containers and networks that the state believes in. */
  readonly engineObjects: readonly EngineObject[];
  /** Id of the stack instance, which its Docker objects carry. */
  readonly instance: string | undefined;
}

export interface EngineObject {
  readonly urn: string;
  readonly kind: "container" | "network";
  /** The engine's id. */
  readonly id: string;
}

interface Exported {
  readonly deployment?: {
    readonly resources?: readonly {
      readonly urn: string;
      readonly type: string;
      readonly protect?: boolean;
      readonly id?: string;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: { readonly urn: string };
    }[];
  };
}

/** Reads the state of the stack; undefined if there is none or it cannot be read. */
export async function readDeployment(session: Session): Promise<Deployment | undefined> {
  const { code, stdout } = await pulumiCapture(session, ["stack", "export", "--stack", session.stack]);
  return code === 0 ? deploymentOf(stdout) : undefined;
}

const engineKinds: Readonly<Record<string, EngineObject["kind"]>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
};

/** Reads the text of `pulumi stack export`. */
export function deploymentOf(text: string): Deployment {
  const { deployment } = JSON.parse(text) as Exported;
  const resources = (deployment?.resources ?? []).filter(
    ({ type }) => type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:"),
  );
  const identity = resources.find(({ urn }) => /kilocode:index:StackIdentity\$random:.*RandomId::/.test(urn));
  const instance = identity?.outputs?.hex;
  return {
    resources: resources.length,
    protectedResources: resources.filter(({ protect }) => protect === true).length,
    pending: (deployment?.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`),
    engineObjects: resources.flatMap(({ urn, type, id }) => {
      const kind = engineKinds[type];
      return kind === undefined || id === undefined ? [] : [{ urn, kind, id }];
    }),
    instance: typeof instance === "string" ? instance : undefined,
  };
}
