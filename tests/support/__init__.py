"""What tests stand on: servers, recorded answers, fault injection, builders."""
