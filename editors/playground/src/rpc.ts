/** JSON-RPC over a WebSocket: the language server's side of the page. */

interface Message {
  id?: number | string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

type Answer = { resolve(result: unknown): void; reject(reason: Error): void };
type Handler = (params: never) => unknown;

/** The server is gone and answers nothing. The editor lets errors of this name and text pass. */
export class Ended extends Error {
  override readonly name = "Canceled";

  constructor() {
    super("Canceled");
  }
}

export class Connection {
  private readonly open = new Map<number, Answer>();
  private readonly handlers = new Map<string, Handler>();
  private last = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener("message", (event) => this.receive(JSON.parse(String(event.data))));
    socket.addEventListener("close", () => {
      for (const answer of this.open.values()) answer.reject(new Ended());
      this.open.clear();
    });
  }

  static async to(address: URL): Promise<Connection> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error("no connection")), { once: true });
    });
    return new Connection(socket);
  }

  onClose(then: () => void): void {
    this.socket.addEventListener("close", then);
  }

  /** What is done for a request or a notification of the server. */
  on(method: string, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** Rejects where the server refuses, and with `Ended` where it goes away. */
  request<Result>(method: string, params: unknown): Promise<Result> {
    const id = ++this.last;
    return new Promise<Result>((resolve, reject) => {
      this.open.set(id, { resolve: (result) => resolve(result as Result), reject });
      this.send({ id, method, params });
    });
  }

  private send(message: Message): void {
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    }
  }

  private receive(message: Message): void {
    if (message.method === undefined) {
      const answer = this.open.get(message.id as number);
      this.open.delete(message.id as number);
      if (message.error) answer?.reject(new Error(message.error.message));
      else answer?.resolve(message.result);
      return;
    }
    const result = this.handlers.get(message.method)?.(message.params as never);
    if (message.id !== undefined) this.send({ id: message.id, result: result ?? null });
  }
}
