package import Wire

// What a host is made of as a message of the protocol, which lives in the arena it is made in. What is nil is left out.

extension SystemInfo {
    /// The `info` of a `SystemInfoResponse`. With the most packages there can be it takes some 300 KiB of a frame.
    package func message(in arena: WireArena) -> UnsafeMutablePointer<WireSystemInfo> {
        arena.make { info in
            wireSet(&info.has_timestamp, &info.timestamp, UInt64(max(0, timestamp)))
            info.hardware = hardware?.message(in: arena)
            info.software = software?.message(in: arena)
            if let networkInterfaces {
                info.n_network_interfaces = networkInterfaces.count
                info.network_interfaces = arena.makeList(count: networkInterfaces.count) {
                    networkInterfaces[$0].fill(&$1, arena)
                }
            }
        }
    }
}

extension HardwareInfo {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireHardwareInfo> {
        arena.make { hardware in
            hardware.cpu = cpu.message(in: arena)
            hardware.memory = memory.message(in: arena)
            hardware.n_disks = disks.count
            hardware.disks = arena.makeList(count: disks.count) { disks[$0].fill(&$1, arena) }
            wireSet(&hardware.has_architecture, &hardware.architecture, arena.copyBytes(architecture))
            wireSet(&hardware.has_core_count, &hardware.core_count, cpu.cores)
            wireSet(&hardware.has_thread_count, &hardware.thread_count, cpu.threads)
        }
    }
}

extension CPUInfo {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireCPUInfo> {
        arena.make { cpu in
            wireSet(&cpu.has_model, &cpu.model, model.map { arena.copyBytes($0) })
            wireSet(&cpu.has_cores, &cpu.cores, cores)
            wireSet(&cpu.has_threads, &cpu.threads, threads)
            wireSet(&cpu.has_base_frequency_ghz, &cpu.base_frequency_ghz, baseFrequencyGHz)
            wireSet(&cpu.has_max_frequency_ghz, &cpu.max_frequency_ghz, maxFrequencyGHz)
            cpu.n_features = features.count
            cpu.features = arena.copyBytes(features)
        }
    }
}

extension MemoryModules {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireMemoryInfo> {
        arena.make { memory in
            wireSet(&memory.has_total_bytes, &memory.total_bytes, totalBytes)
            wireSet(&memory.has_available_bytes, &memory.available_bytes, availableBytes)
            wireSet(&memory.has_memory_type, &memory.memory_type, type.map { arena.copyBytes($0) })
            wireSet(&memory.has_speed_mhz, &memory.speed_mhz, speedMHz)
        }
    }
}

extension DiskInfo {
    fileprivate func fill(_ disk: inout WireDiskInfo, _ arena: WireArena) {
        wireSet(&disk.has_device, &disk.device, arena.copyBytes(device))
        wireSet(&disk.has_mount_point, &disk.mount_point, arena.copyBytes(mountPoint))
        wireSet(&disk.has_filesystem, &disk.filesystem, arena.copyBytes(filesystem))
        wireSet(&disk.has_total_bytes, &disk.total_bytes, totalBytes)
        wireSet(&disk.has_available_bytes, &disk.available_bytes, availableBytes)
        wireSet(&disk.has_disk_type, &disk.disk_type, type.map { arena.copyBytes($0) })
    }
}

extension SoftwareInfo {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireSoftwareInfo> {
        arena.make { software in
            software.os = os.message(in: arena)
            wireSet(&software.has_hostname, &software.hostname, arena.copyBytes(hostname))
            wireSet(&software.has_uptime_seconds, &software.uptime_seconds, uptimeSeconds)
            software.n_packages = packages.count
            software.packages = arena.makeList(count: packages.count) { packages[$0].fill(&$1, arena) }
        }
    }
}

extension OSInfo {
    fileprivate func message(in arena: WireArena) -> UnsafeMutablePointer<WireOperatingSystemInfo> {
        arena.make { os in
            wireSet(&os.has_name, &os.name, name.map { arena.copyBytes($0) })
            wireSet(&os.has_version, &os.version, version.map { arena.copyBytes($0) })
            wireSet(&os.has_kernel_version, &os.kernel_version, arena.copyBytes(kernelVersion))
            wireSet(&os.has_distribution, &os.distribution, distribution.map { arena.copyBytes($0) })
        }
    }
}

extension PackageInfo {
    fileprivate func fill(_ package: inout WirePackageInfo, _ arena: WireArena) {
        wireSet(&package.has_name, &package.name, arena.copyBytes(name))
        wireSet(&package.has_version, &package.version, arena.copyBytes(version))
        wireSet(&package.has_package_manager, &package.package_manager, arena.copyBytes(manager))
    }
}

extension InterfaceInfo {
    fileprivate func fill(_ interface: inout WireNetworkInfo, _ arena: WireArena) {
        wireSet(&interface.has_name, &interface.name, arena.copyBytes(name))
        wireSet(&interface.has_mac_address, &interface.mac_address, macAddress.map { arena.copyBytes($0) })
        interface.n_ip_addresses = ipAddresses.count
        interface.ip_addresses = arena.copyBytes(ipAddresses)
        wireSet(&interface.has_speed_mbps, &interface.speed_mbps, speedMbps)
        wireSet(&interface.has_is_up, &interface.is_up, flag: isUp)
    }
}
