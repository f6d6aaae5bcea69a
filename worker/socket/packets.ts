/**
 * The two protocols of socket.io in one step: an engine.io v4 packet in a WebSocket message, and the
 * socket.io v5 packet that it carries. Both parsers are the published ones.
 */
import { decodePacket, encodePacket, type Packet as Frame } from 'engine.io-parser';
import { Decoder, Encoder, isPacketValid, PacketType, type Packet } from 'socket.io-parser';

export { PacketType, type Packet };

/** The one namespace that there is. */
export const NAMESPACE = '/';
export const PING = frame({ type: 'ping' });
export const PONG = frame({ type: 'pong' });
/** Means nothing, and is passed over by clients. */
export const NOOP = frame({ type: 'noop' });

const encoder = new Encoder();
// Without attachments every packet is one message: nothing waits in here between two calls.
const decoder = new Decoder({ maxAttachments: 0 });
const decoded: Packet[] = [];
decoder.on('decoded', (packet) => decoded.push(packet));

export interface Handshake {
  sid: string;
  upgrades: string[];
  /** In milliseconds, as is the next. */
  pingInterval: number;
  pingTimeout: number;
  /** In bytes. */
  maxPayload: number;
}

export function open(handshake: Handshake): string {
  return frame({ type: 'open', data: JSON.stringify(handshake) });
}

/** @throws TypeError for a packet with bytes in it. */
export function encode(packet: Omit<Packet, 'nsp'> & { nsp?: string }): string {
  const [data, ...attachments] = encoder.encode({ nsp: NAMESPACE, ...packet }) as string[];
  if (attachments.length > 0) throw new TypeError('a line carries no bytes: send them by HTTP');
  return frame({ type: 'message', data });
}

/**
 * Reads what a client sent.
 * @returns its packet; `'close'` when it says goodbye; undefined for an answer to a ping.
 * @throws Error for whatever else there may be, attachments included.
 */
export function decode(text: string): Packet | 'close' | undefined {
  const { type, data } = decodePacket(text);
  if (type === 'close') return type;
  if (type === 'pong') return undefined;
  if (type !== 'message') throw new Error(`a client sends no packet of type ${type}`);
  decoder.add(data);
  const packet = decoded.pop();
  if (!packet || !isPacketValid(packet)) throw new Error('not a packet of socket.io');
  return packet;
}

/** The parser answers by a callback, at once: only Blobs would take time. */
function frame(packet: Frame): string {
  let encoded = '';
  encodePacket(packet, true, (text: string) => (encoded = text));
  return encoded;
}
