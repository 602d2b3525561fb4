/** The status codes of the gRPC specification that Slipway meets or gives. */
export const GrpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** A call's status other than OK; the layer above turns it into an error for people. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  /** The bytes of `grpc-status-details-bin`: a google.rpc.Status. */
  readonly details: Buffer | undefined;

  constructor(code: number, message: string, details?: Buffer) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
