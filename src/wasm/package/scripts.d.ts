/** A value as JSON holds it. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Where a script writes its log. */
export interface Logger {
  info?(text: string): void;
  warn?(text: string): void;
  error?(text: string): void;
}

/** What a script reads of a service's answer. */
export interface ServiceAnswer {
  /** The HTTP status; without it the answer counts as one of status 200. */
  status?: number | undefined;
  /** The service's JSON object, or the text that came in its place. */
  data?: unknown;
}

/**
 * What the platform hands to an RPC script. Values come from people, devices and other programs: what has another type
 * than is told here counts as not given. Nothing of it is changed.
 */
export interface Context<M extends Method = Method> {
  device?: Device | undefined;
  /** The parameters of the call; those of the method, and settings for this call alone. */
  params?: (MethodParams[M] & ParamsSettings) | undefined;
  /** The alarms that the platform lists as active, by their names. */
  alarms?: Record<string, ActiveAlarm> | undefined;
  /** Without it, what could not be done is thrown as an Error. */
  logger?: Logger | undefined;
  /** The organization's parameters, settings among them. */
  org_params?: (OrgSettings & Record<string, unknown>) | undefined;
  /** Sends a request. Without it the platform has to send everything, and nobody reads the answers. */
  axios?: ((request: ServiceRequest) => PromiseLike<ServiceAnswer>) | undefined;
}

/** What a method answers: the action array; a promise of it where a request had to be answered first. */
export type Answer<M extends Method> = M extends AskingMethod
  ? MethodActions[M][] | Promise<MethodActions[M][]>
  : MethodActions[M][];

/**
 * Answers one call of a method as its paste file does. Nothing to do is `[]`.
 *
 * What could not be done is told to the logger, and `[]` is the answer; without a logger it is thrown as an Error. A
 * host that has neither `axios` nor `org_params` cannot send: that is thrown in any case. A promise never rejects.
 */
export function rpc_script<M extends Method>(context: Context<M>, options: { preset: M }): Answer<M>;

/**
 * Runs trigger rules over one uplink as the trigger's paste file does. `null`: there is nothing to call.
 *
 * `thingModelId`: the thing model that reported; where the host does not say, the one with the newest telemetry.
 */
export function trigger_script(
  device: Device | null | undefined,
  thingModelId: TextValue | null | undefined,
  rules: Rule | readonly Rule[],
): TriggerResult | null;
