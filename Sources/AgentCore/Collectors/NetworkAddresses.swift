import Glibc

/// The network interfaces without the loopback, in the kernel's order, with their addresses. Empty when the kernel does
/// not tell.
func networkInterfaces(_ host: HostReadings) -> [InterfaceInfo] {
    // Owned by this function.
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }

    var interfaces: [InterfaceInfo] = []
    var entry = list
    while let current = entry?.pointee {
        entry = current.ifa_next
        guard current.ifa_flags & UInt32(IFF_LOOPBACK) == 0 else { continue }
        let name = String(cString: current.ifa_name)
        let index = interfaces.firstIndex { $0.name == name } ?? interfaces.endIndex
        if index == interfaces.endIndex { interfaces.append(interface(name, flags: current.ifa_flags, host)) }
        if let address = text(of: current.ifa_addr) { interfaces[index].ipAddresses.append(address) }
    }
    return interfaces
}

private func interface(_ name: String, flags: UInt32, _ host: HostReadings) -> InterfaceInfo {
    let directory = host.root.path("/sys/class/net/" + name)
    let working = UInt32(IFF_UP) | UInt32(IFF_RUNNING)
    var interface = InterfaceInfo(name: name, isUp: flags & working == working)
    // Tunnels have no hardware address; some say so with zeros.
    interface.macAddress = host.buffer.firstLine(of: directory + "/address").flatMap {
        $0 == "00:00:00:00:00:00" ? nil : $0
    }
    // -1, or no answer at all, where there is no such thing as a speed.
    interface.speedMbps = host.buffer.number(in: directory + "/speed").flatMap { $0 > 0 ? UInt32(clamping: $0) : nil }
    return interface
}

/// An IPv4 or IPv6 address as people write it; nil for one of another kind.
private func text(of address: UnsafeMutablePointer<sockaddr>?) -> String? {
    guard let address else { return nil }
    let family = Int32(address.pointee.sa_family)
    let offset: Int
    switch family {
    case AF_INET: offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!
    case AF_INET6: offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
    default: return nil
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
        guard
            inet_ntop(family, UnsafeRawPointer(address) + offset, text.baseAddress!, socklen_t(text.count)) != nil
        else { return nil }
        return String(cString: text.baseAddress!)
    }
}
