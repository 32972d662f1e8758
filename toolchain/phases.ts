/** Seconds that parts of an update took, from Pulumi's own record of it. */
export interface Phases {
  readonly preview?: number;
  readonly update?: number;
  /** From the last resource to the end: what the program asks of the running stack. */
  readonly gate?: number;
}

interface EngineEvent {
  readonly timestamp: number;
  readonly summaryEvent?: { readonly isPreview?: boolean };
  readonly preludeEvent?: object;
  readonly resOutputsEvent?: { readonly metadata: { readonly type: string } };
}

/**
 * Reads the engine's event log: one JSON object per line, times in whole seconds. A preview and the update
 * after it each begin with a prelude and end with a summary.
 */
export function phasesOf(log: string): Phases {
  let begun: number | undefined;
  let lastResource: number | undefined;
  let preview: number | undefined;
  let update: number | undefined;
  let gate: number | undefined;
  for (const event of eventsIn(log)) {
    if (event.preludeEvent !== undefined) begun = event.timestamp;
    const type = event.resOutputsEvent?.metadata.type;
    if (type !== undefined && type !== "pulumi:pulumi:Stack") lastResource = event.timestamp;
    if (event.summaryEvent === undefined || begun === undefined) continue;
    if (event.summaryEvent.isPreview === true) {
      preview = event.timestamp - begun;
    } else {
      const resourcesEnd = lastResource ?? event.timestamp;
      update = resourcesEnd - begun;
      gate = event.timestamp - resourcesEnd;
    }
    lastResource = undefined;
  }
  return {
    ...(preview === undefined ? {} : { preview }),
    ...(update === undefined ? {} : { update }),
    ...(gate === undefined ? {} : { gate }),
  };
}

function eventsIn(log: string): EngineEvent[] {
  return log.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as EngineEvent];
    } catch {
      // The last line of a run that was killed may be cut.
      return [];
    }
  });
}
