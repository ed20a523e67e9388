/// Version of the programs and of this protocol's implementation, as `--version`, the ready line and `/healthz` show it.
package let sluiceVersion = "0.1.0"
