// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Cutting the daemon off from everything it does not serve: the host's files, processes, names and privileges.
enum Isolation {
    private static let emptyDirectory = "/tmp"

    /// New IPC, mount and UTS namespaces with nothing in them; needs the privilege of set-up and no second thread.
    static func detach(allowsChrootFallback: Bool) throws(SetupError) {
        try checked(
            shim_unshare(CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS), "create namespaces for the sandbox",
            hint: "Run it with a user namespace of its own, or with CAP_SYS_ADMIN.")
        try checked(shim_mount_unbindable_root(), "make the root directory private")
        // SAFETY: the string is terminated and outlives the call.
        try checked(
            unsafe shim_mount_empty(emptyDirectory), "mount an empty file system on \(emptyDirectory)")
        let pivoted = shim_pivot_here()
        if pivoted < 0, allowsChrootFallback {
            try checked(shim_move_root_here(), "change to an empty root directory")
        } else {
            try checked(
                pivoted, "change to an empty root directory",
                hint: "On an initial RAM disk, use --chroot-fallback.")
        }
        shim_empty_bounding_set()
    }

    /// What is left at run time.
    ///
    /// - Parameter ownsNamespace: privileges are those of a user namespace, not of the machine.
    static func finalCapabilities(_ mode: Configuration.Mode, ownsNamespace: Bool) -> Capabilities {
        // Rules that follow listeners of the host bind their ports, low ones too, in the guest's network namespace.
        mode == .pasta && ownsNamespace ? .bindsLowPorts : []
    }
}
