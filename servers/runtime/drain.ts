import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";

/**
 * Lets a server end without cutting off an answer: no new connections, answers under way get their time, and
 * their connections close behind them.
 */
export interface Drain {
  /** Resolves with the number of requests that had to be cut off. */
  end(limitMilliseconds: number): Promise<number>;
}

export function prepareDrain(server: Server): Drain {
  const underWay = new Set<ServerResponse>();
  let ending = false;
  let idle: (() => void) | undefined;
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    // A subscription stays open until somebody ends it, so the end does not wait for it.
    if (request.headers["mcp-method"] === "subscriptions/listen") return;
    underWay.add(response);
    if (ending) response.setHeader("connection", "close");
    response.once("close", () => {
      underWay.delete(response);
      if (underWay.size === 0) idle?.();
    });
  });
  return {
    async end(limitMilliseconds) {
      ending = true;
      server.close();
      server.closeIdleConnections();
      for (const response of underWay) if (!response.headersSent) response.setHeader("connection", "close");
      if (underWay.size > 0) await untilIdleOr(limitMilliseconds, (resolve) => (idle = resolve));
      const left = underWay.size;
      server.closeAllConnections();
      return left;
    },
  };
}

async function untilIdleOr(milliseconds: number, whenIdle: (resolve: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    whenIdle(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
