"""One dialect a file, each between the wire and `service.Service`."""
