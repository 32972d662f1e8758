/** Seconds that parts of an update took, from Pulumi's own record of it. */
export interface Phases {
  /** Only if nobody was asked between preview and update. */
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
 * Reads the engine's event log: one JSON object per line, times in whole seconds. `pulumi up` writes the
 * preview's events first and begins the file anew for the update.
 *
 * @param asked when the command was given, in milliseconds since 1970; undefined if a person's answer lies
 *   between the preview and the update
 */
export function phasesOf(log: string, asked: number | undefined): Phases {
  let begun: number | undefined;
  let lastResource: number | undefined;
  for (const { timestamp, preludeEvent, resOutputsEvent, summaryEvent } of eventsIn(log)) {
    if (preludeEvent !== undefined) begun = timestamp;
    const type = resOutputsEvent?.metadata.type;
    if (type !== undefined && type !== "pulumi:pulumi:Stack") lastResource = timestamp;
    if (begun === undefined || summaryEvent === undefined || summaryEvent.isPreview === true) continue;
    const resourcesEnd = lastResource ?? timestamp;
    const preview = asked === undefined ? {} : { preview: Math.max(0, begun - Math.floor(asked / 1000)) };
    return { ...preview, update: resourcesEnd - begun, gate: timestamp - resourcesEnd };
  }
  return {};
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
