"""How clients show who they are and know whom they speak with: TLS, users, secrets that stay secret.

`settings` holds Kafka's variables, `cluster` what they come to, `tls` and `broker` what clients are given of it;
`mongo` is MongoDB's side; `files` reads secrets out of mounted files; `refusal` finds out why a server lets nobody in.
"""
