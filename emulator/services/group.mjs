// A chat group as the fakes know it: its members and what they saw; and what services that write to groups share.
// Which message rings whom is the service's business.

import { Service } from './service.mjs';

/**
 * @typedef {{id: string, name?: string, mobile?: string}} Member
 * @typedef {import('./service.mjs').Message & {group: string, msgtype: string}} Delivery
 */

export class Group {
  /** @type {Member[]} */
  members = [];
  /** @type {Delivery[]} */
  delivered = [];

  /** @param {string} name @param {{members?: Member[], anybody?: boolean}} [options] */
  constructor(name, options = {}) {
    this.name = name;
    this.members.push(...(options.members ?? []));
    /** Whoever is mentioned counts as a member: for a group whose members nobody told us. */
    this.anybody = options.anybody ?? false;
  }

  byId(/** @type {string} */ id) {
    const known = this.members.find((member) => member.id === id);
    if (known || !this.anybody) return known;
    return this.#join({ id });
  }

  byMobile(/** @type {string} */ mobile) {
    const known = this.members.find((member) => member.mobile === mobile);
    if (known || !this.anybody) return known;
    return this.#join({ id: mobile, mobile });
  }

  #join(/** @type {Member} */ member) {
    this.members.push(member);
    return member;
  }

  /** Everybody who was rung so far, once per ring. */
  get rung() {
    return this.delivered.flatMap((delivery) => delivery.rung);
  }
}

/** A service whose messages arrive in groups. */
export class GroupService extends Service {
  /** @type {Map<string, Group>} */
  groups = new Map();
  /** @type {Delivery[]} */
  delivered = [];

  /** @param {string} name @param {{members?: Member[], anybody?: boolean}} [options] */
  addGroup(name, options = {}) {
    const group = new Group(name, options);
    this.groups.set(name, group);
    return group;
  }

  group(/** @type {string} */ name) {
    const group = this.groups.get(name);
    if (!group) throw new Error(`no group "${name}"; there are ${[...this.groups.keys()].join(', ') || 'none'}`);
    return group;
  }

  /** A group sees a message. @param {Group} group @param {Omit<Delivery, 'at' | 'group'>} message */
  deliver(group, message) {
    const delivery = { at: this.clock.now(), group: group.name, ...message };
    group.delivered.push(delivery);
    this.delivered.push(delivery);
  }

  /** @param {Delivery} delivery */
  where({ group }) {
    return `${this.facts.title} "${group}"`;
  }

  /** @param {Delivery} delivery */
  names({ group, rung }) {
    const { members } = this.group(group);
    return rung.map((id) => members.find((member) => member.id === id)?.name ?? id);
  }
}
