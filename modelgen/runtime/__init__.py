"""Serves a generated project over HTTP and gRPC. Imports nothing else of modelgen but the contract and findings."""
