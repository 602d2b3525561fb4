import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { SshError } from "./ssh-connection.ts";

export interface ConnectionFailure {
  /** Without the address: `permission denied`. */
  readonly reason: string;
  readonly hint: string | undefined;
}

/** Says in people's words why nothing could be sent to, or heard from, the engine at `endpoint`. */
function explainConnectionFailure(endpoint: Endpoint, error: unknown): ConnectionFailure {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (error instanceof SshError) return explainSsh(endpoint, error);
  if (endpoint.kind === "ssh" && code === "ENOENT")
    return { reason: "the program ssh is not installed", hint: "install the package openssh-client" };
  const known: Record<string, ConnectionFailure> = {
    ENOENT: { reason: "no such socket", hint: "start the engine that listens there, or correct the address" },
    ENOTSOCK: { reason: "this is a file, not a socket", hint: "correct the address" },
    EACCES: {
      reason: "permission denied on the socket",
      hint: "add yourself to the group that owns it (`sudo usermod -aG docker $USER`, then log in again)",
    },
    ECONNREFUSED: {
      reason: "connection refused: nothing listens there",
      hint: "start the engine, or correct the address",
    },
    ENOTFOUND: { reason: "no such host", hint: "check the host name in the address" },
    EAI_AGAIN: { reason: "the host name cannot be resolved now", hint: "check the network and the host name" },
    ECONNRESET: { reason: "it closed the connection without an answer", hint: "look into the engine's log" },
    ETIMEDOUT: { reason: "no answer in time", hint: "check the network, the port and firewalls" },
    EHOSTUNREACH: { reason: "the host cannot be reached", hint: "check the network" },
    ENETUNREACH: { reason: "the network cannot be reached", hint: "check the network" },
  };
  return explainTls(endpoint, code, error) ?? known[code] ?? { reason: messageOf(error), hint: undefined };
}

function explainSsh(endpoint: Endpoint, error: SshError): ConnectionFailure {
  const host = endpoint.kind === "ssh" ? endpoint.host : "";
  if (error.exitCode === 127 || /docker: (command )?not found/.test(error.message))
    return { reason: `ssh: ${error.message}`, hint: `install the docker client on ${host}` };
  return { reason: `ssh: ${error.message}`, hint: `make \`ssh ${host} docker version\` work first` };
}

function explainTls(endpoint: Endpoint, code: string, error: unknown): ConnectionFailure | undefined {
  if (endpoint.kind !== "tcp") return undefined;
  if (endpoint.tls === undefined) {
    // A TLS server answers plain HTTP with an alert, or with Go's 400 "client sent an HTTP request to an HTTPS server".
    if (code.startsWith("HPE_") || code === "ECONNRESET")
      return {
        reason: "the answer is no HTTP: the engine there may want TLS",
        hint: "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a context with TLS",
      };
    return undefined;
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG" || code === "EPROTO")
    return { reason: "the engine there does not speak TLS", hint: "unset DOCKER_TLS_VERIFY, or correct the port" };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return {
      reason: `its certificate is for another name: ${messageOf(error)}`,
      hint: "use the name that the certificate has, or make one with the name of this address",
    };
  // `…:tlsv13 alert certificate required:../deps/openssl/…`
  const alert = / alert ([^:]+):/.exec(messageOf(error))?.[1];
  if (/ALERT|SSL|TLS/.test(code) && alert !== undefined)
    return {
      reason: `the engine refuses our certificate: ${alert}`,
      hint: "check cert.pem and key.pem in DOCKER_CERT_PATH",
    };
  if (/CERT|UNABLE_TO|SELF_SIGNED|ISSUER/.test(code))
    return {
      reason: `its certificate is not to be trusted: ${messageOf(error)}`,
      hint: "check that ca.pem in DOCKER_CERT_PATH belongs to this engine",
    };
  return undefined;
}

/** Nothing answers at `endpoint`. */
export class UnreachableError extends SlipwayError {
  override readonly name = "UnreachableError";
  readonly endpoint: Endpoint;
  /** Without the address. */
  readonly reason: string;
  /** Something is there, but not for us. */
  readonly denied: boolean;

  constructor(endpoint: Endpoint, cause: unknown) {
    const { reason, hint } = explainConnectionFailure(endpoint, cause);
    const exitCode = ExitCode.engine;
    super("ENGINE_UNREACHABLE", `cannot reach the engine at ${endpoint.url}: ${reason}`, { hint, exitCode, cause });
    this.endpoint = endpoint;
    this.reason = reason;
    this.denied = (cause as NodeJS.ErrnoException | undefined)?.code === "EACCES";
  }
}
