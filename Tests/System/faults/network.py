"""A host of its own for an agent: a network namespace behind a link that can go down, drop and lose."""

import itertools
import os
import shutil
import subprocess

numbers = itertools.count()


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def unavailable():
    """Why there can be no network namespace here, or None."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    for tool in ("ip", "iptables"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"{tool} is not installed"
    probe = f"sluice-probe-{os.getpid()}"
    try:
        run("ip", "netns", "add", probe)
        run("ip", "netns", "exec", probe, "iptables", "-w", "-S")
        run("ip", "netns", "del", probe)
    except (OSError, subprocess.CalledProcessError) as error:
        subprocess.run(["ip", "netns", "del", probe], stderr=subprocess.DEVNULL, check=False)
        return f"no network namespaces here: {getattr(error, 'stderr', error)}"
    return None


class Namespace:
    """`outside` is this side's address of the link, reached from inside."""

    def __init__(self):
        self.name = f"sluice-{os.getpid()}-{next(numbers)}"
        net = os.getpid() % 200 * 256 + len(self.name)
        self.network = f"10.213.{net // 256}"
        self.outside, self.inside = f"{self.network}.1", f"{self.network}.2"
        self.link_name = f"slc{os.getpid() % 100000}{next(numbers)}"
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.link_name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            run("ip", "addr", "add", f"{self.outside}/24", "dev", self.link_name)
            run("ip", "link", "set", self.link_name, "up")
            for command in (("addr", "add", f"{self.inside}/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
                run("ip", "-n", self.name, *command)
        except subprocess.CalledProcessError:
            self.close()
            raise

    @property
    def prefix(self):
        """Before a command that is to run inside."""
        return ["ip", "netns", "exec", self.name]

    def link(self, up):
        run("ip", "link", "set", self.link_name, "up" if up else "down")

    def change_address(self):
        """Inside there is another address from now on, and not the one before."""
        old, last = self.inside, int(self.inside.rsplit(".", 1)[1])
        self.inside = f"{self.network}.{last + 1 if last < 250 else 2}"
        run("ip", "-n", self.name, "addr", "del", f"{old}/24", "dev", "eth0")
        run("ip", "-n", self.name, "addr", "add", f"{self.inside}/24", "dev", "eth0")

    def drop(self, chain, probability=None):
        """Packets that arrive inside (`INPUT`) or leave it (`OUTPUT`) are dropped, all or at random."""
        match = ["-m", "statistic", "--mode", "random", "--probability", str(probability)] if probability else []
        run(*self.prefix, "iptables", "-w", "-A", chain, *match, "-j", "DROP")

    def heal(self):
        self.link(True)
        run(*self.prefix, "iptables", "-w", "-F")

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL, check=False)
        subprocess.run(["ip", "link", "del", self.link_name], stderr=subprocess.DEVNULL, check=False)
